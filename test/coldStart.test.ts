/** Most of what the package does while it is imported is to make schemas, so a cold start pays for each. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { describe, expect, it } from "@effect/vitest"

/** The schemas that may be made at import: those of today, Effect's own included, and a few more. */
const MOST_MADE = 1080

/** The nodes of schemas that Effect itself compiles at import. */
const MOST_COMPILED = 3

/**
 * Imports the package and its engine from their sources, and prints how many schemas were made, how many were compiled, and
 * which modules of the platform's `HttpApi` were loaded.
 */
const program = `
import { readFileSync } from "node:fs"
import { Session } from "node:inspector/promises"
import { fileURLToPath } from "node:url"
const session = new Session()
session.connect()
await session.post("Profiler.enable")
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false })
await import("./src/index.ts")
await import("./src/embedded.ts")
const { result } = await session.post("Profiler.takePreciseCoverage")
const callsOf = (module, declaration) => {
  const { functions, url } = result.find(({ url }) => url.endsWith("/effect/dist/esm/" + module + ".js"))
  const start = readFileSync(fileURLToPath(url), "utf8").indexOf(declaration)
  return functions.find(({ ranges }) => ranges[0].startOffset === start).ranges[0].count
}
const made = callsOf("Schema", "function make(ast)")
const compiled = callsOf("ParseResult", "(ast, isDecoding) =>")
const contract = result.flatMap(({ url }) => /@effect\\/platform\\/.*\\/HttpApi\\w*\\.js$/.exec(url) ?? [])
console.log(JSON.stringify({ made, compiled, contract }))
`

const advice = [
  "The import of effect-julep and effect-julep/embedded makes or compiles more schemas than before, so cold starts take",
  "longer. Share equal schemas, and make what few programs use when it is used, as with Schema.suspend. In place of the",
  "functions of Schema, take decoder, encoder or is of src/schema/Compiled.ts, which compile on first use, and do not construct",
  "errors at import (serverErrorAtLoad is the exception). If the new schemas are needed at import, raise MOST_MADE."
].join("\n")

describe("a cold start", () => {
  it("makes few schemas while the package is imported, compiles none, and loads no HttpApi", async () => {
    const root = new URL("..", import.meta.url)
    const args = ["--import", "tsx", "--input-type=module", "--eval", program]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
    const { compiled, contract, made } = JSON.parse(stdout)
    expect(made).toBeGreaterThan(MOST_MADE / 2)
    expect(made, advice).toBeLessThanOrEqual(MOST_MADE)
    expect(compiled, advice).toBeLessThanOrEqual(MOST_COMPILED)
    expect(
      contract,
      "HttpApi is for effect-julep/api and the OpenAPI document, which programs load when they use them."
    ).toEqual([])
  })
})
