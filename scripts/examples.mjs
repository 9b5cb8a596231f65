/**
 * Gate: the examples compile and run against the built package, which they import by name.
 * Build first: `npm run build && npm run examples`.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { buildSync } from "esbuild"
import { bin, fail, root, run, say, seconds, temporaryFolder } from "./support.mjs"

const tsconfig = "tsconfig.examples.json"

// The engines of examples that read the environment have a store of their own, and the offline model.
for (const name of Object.keys(process.env)) {
  if (/^(JULEP|MODEL|OPENAI|SUMMARIZATION|(DOCS_)?EMBEDDING)_/.test(name)) delete process.env[name]
}
process.env.JULEP_DATABASE_URL = join(temporaryFolder(), "julep.db")

if (!existsSync(join(root, "dist", "index.js"))) fail("dist does not exist: run npm run build first")

const where = run(process.execPath, ["--input-type=module", "-e", 'console.log(import.meta.resolve("effect-julep"))'])
if (!where.stdout.includes("/dist/node/index.js")) fail(`effect-julep resolves to ${where.stdout.trim()}, not to dist`)

const types = run(bin("tsc"), ["-p", tsconfig])
say(`examples compile against dist/*.d.ts (${seconds(types.ms)})`)

const halves = ["effect", "promise"]
const [effect, promise] = halves.map((half) => readdirSync(join(root, "examples", half)).sort())
/** The examples of what has no promises, and those of frameworks that have no Effect. */
const ofOneHalf = ["effect-ai.ts", "mcp.ts", "own-model.ts", "hono.ts", "hono.test.ts", "next.ts", "next.test.ts"]
const [ofEffect, ofPromise] = [effect, promise].map((files) => files.filter((file) => !ofOneHalf.includes(file)).join())
if (ofEffect !== ofPromise) fail(`examples/effect has ${ofEffect}, examples/promise has ${ofPromise}`)

// Their types removed once for all. tsx, which users run them with and the demo below, does it for each module of each process.
// Inside the repository, where Node finds the packages.
const scripts = mkdtempSync(join(root, ".tmp-examples-"))
process.on("exit", () => rmSync(scripts, { recursive: true, force: true }))
buildSync({
  absWorkingDir: root,
  entryPoints: ["effect", "promise", "support"].map((name) => `./examples/${name}/*.ts`),
  outbase: "examples",
  outdir: scripts,
  format: "esm",
  tsconfig
})

const program = (half, file, ...args) =>
  run(process.execPath, [join(scripts, half, file.replace(/\.ts$/, ".js")), ...args])

for (const [half, files] of [
  ["effect", effect],
  ["promise", promise]
]) {
  for (const file of files) {
    if (file.endsWith(".test.ts")) continue
    const { ms, stdout } = program(half, file)
    say(`examples/${half}/${file} ran to its end (${seconds(ms)})`)
    if (file !== "approval.ts") continue
    // The commands that it prints are processes of their own.
    const [allow, refuse] = stdout.match(/^(allow|refuse) .*$/gm)?.map((line) => line.split(" ")) ?? []
    if (refuse === undefined) fail(`it printed no commands, but:\n${stdout}`)
    const [first, second, third] = [allow, allow, refuse].map((command) => program(half, file, ...command).stdout)
    const refunds = `${stdout}${first}${second}${third}`.match(/^Refunding /gm)?.length
    if (
      refunds !== 1 ||
      !first.includes("Refunding") ||
      ![second, third].every((text) => text.includes("Decided before"))
    )
      fail(`the refund was not made once, by the first of three decisions:\n${first}${second}${third}`)
    say(`examples/${half}/${file} refunded once, in another process; later decisions were too late`)
  }
}

const tests = run(bin("vitest"), ["run", "--config", join("scripts", "vitest.examples.mjs")])
say(`examples/*/*.test.ts passed (${seconds(tests.ms)})`)

const demo = run(bin("tsx"), ["--tsconfig", tsconfig, join("examples", "demo", "main.ts")])
if (!demo.stdout.includes("Where to go next")) fail("the demo did not run to its end")
say(`the demo ran to its end (${seconds(demo.ms)})`)
