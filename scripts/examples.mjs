/**
 * Gate: the examples compile and run against the built package, which they import by name.
 * Build first: `npm run build && npm run examples`.
 */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { bin, fail, root, run, say, seconds } from "./support.mjs"

const tsconfig = "tsconfig.examples.json"

if (!existsSync(join(root, "dist", "index.js"))) fail("dist does not exist: run npm run build first")

const where = run(process.execPath, ["--input-type=module", "-e", 'console.log(import.meta.resolve("effect-julep"))'])
if (!where.stdout.includes("/dist/node/index.js")) fail(`effect-julep resolves to ${where.stdout.trim()}, not to dist`)

const types = run(bin("tsc"), ["-p", tsconfig])
say(`examples compile against dist/*.d.ts (${seconds(types.ms)})`)

const halves = ["effect", "promise"]
const [effect, promise] = halves.map((half) => readdirSync(join(root, "examples", half)).sort())
/** The examples of what has no promises. */
const effectOnly = ["effect-ai.ts", "own-model.ts"]
if (effect.filter((file) => !effectOnly.includes(file)).join() !== promise.join())
  fail(`examples/effect has ${effect}, examples/promise has ${promise}`)

for (const [half, files] of [
  ["effect", effect],
  ["promise", promise]
]) {
  for (const file of files) {
    if (file.endsWith(".test.ts")) continue
    const { ms } = run(bin("tsx"), ["--tsconfig", tsconfig, join("examples", half, file)])
    say(`examples/${half}/${file} ran to its end (${seconds(ms)})`)
  }
}

const tests = run(bin("vitest"), ["run", "--config", join("scripts", "vitest.examples.mjs")])
say(`examples/*/*.test.ts passed (${seconds(tests.ms)})`)

const demo = run(bin("tsx"), ["--tsconfig", tsconfig, join("examples", "demo", "main.ts")])
if (!demo.stdout.includes("Where to go next")) fail("the demo did not run to its end")
say(`the demo ran to its end (${seconds(demo.ms)})`)
