/**
 * Gate: the time to import the client, as a ratio to its Effect modules alone, and the time of `effect-julep --version` above
 * that of Node alone, in cold processes. Build first.
 */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fail, root, run, say } from "./support.mjs"

const TIMES = 10
const LIMIT = 1.3

/** The Effect modules that a built file imports, directly or through our own modules. */
const effectModules = (file, seen = new Set()) => {
  if (seen.has(file)) return []
  seen.add(file)
  const specifiers = [...readFileSync(file, "utf8").matchAll(/^(?:import|export)\b.* from "([^"]+)";$/gm)]
  return specifiers.flatMap(([, specifier]) =>
    specifier.startsWith(".") ? effectModules(join(dirname(file), specifier), seen) : [specifier]
  )
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

const milliseconds = (code) => {
  const program = `const start = performance.now()\n${code}\nconsole.log(performance.now() - start)`
  return Number(run(process.execPath, ["--input-type=module"], { cwd: root, input: program }).stdout)
}

const imported = [...new Set(effectModules(join(root, "dist", "index.js")))]
if (imported.length < 10) fail("the built client imports too few Effect modules: run npm run build first")
const programs = {
  ours: 'await import("effect-julep")',
  effect: imported.map((name) => `await import("${name}")`).join("\n")
}
const times = { ours: [], effect: [] }
// Alternating, so that other load affects both alike.
for (let turn = 0; turn < TIMES; turn++) {
  for (const [name, code] of Object.entries(programs)) times[name].push(milliseconds(code))
}
const ours = median(times.ours)
const effect = median(times.effect)
const ratio = ours / effect
say(
  `import of the client: ${ours.toFixed(0)} ms, of its ${imported.length} Effect modules alone: ${effect.toFixed(0)} ms, ratio ${ratio.toFixed(2)} (limit ${LIMIT}, median of ${TIMES})`
)
if (ratio > LIMIT) fail("importing the client exceeds its limit")

const VERSION_LIMIT = 60
const main = join(root, "dist", "bin", "main.js")
const starts = { node: ["--eval", "0"], version: [main, "--version"], help: [main, "--help"] }
const walls = { node: [], version: [], help: [] }
for (let turn = 0; turn < TIMES; turn++) {
  for (const [name, args] of Object.entries(starts)) walls[name].push(run(process.execPath, args).ms)
}
const [node, shown, helped] = [median(walls.node), median(walls.version), median(walls.help)]
const above = shown - node
say(
  `effect-julep --version takes ${above.toFixed(0)} ms above Node's ${node.toFixed(0)} ms, --help ${helped.toFixed(0)} ms`
)
// On a busy machine everything takes longer, Node's own start too.
if (above > VERSION_LIMIT && above > node / 2) {
  fail(`--version may take ${VERSION_LIMIT} ms above Node: what does it load?`)
}
