/** openapi-typescript and openapi-fetch over the served document: what they generate compiles under `strict`, and runs. */
import { execFile } from "node:child_process"
import * as fs from "node:fs/promises"
import { createRequire } from "node:module"
import * as path from "node:path"
import { promisify } from "node:util"
import { describe, expect, it, onTestFinished } from "vitest"
import { openApi } from "../../src/engine/http/openapi/Document.js"
import { servedEngine } from "../support/servedEngine.js"

const run = promisify(execFile)
const folder = path.join(import.meta.dirname, "openapi-typescript")
const require = createRequire(path.join(folder, "package.json"))

const compilerOptions = {
  strict: true,
  skipLibCheck: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  module: "nodenext",
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  types: [],
  outDir: ".",
  paths: { "#generated": ["./generated.ts"] }
}

/** Generates types from a document, and compiles the program over them with the TypeScript of the workspace. */
const compiled = async (document: URL) => {
  // Inside the workspace, whose packages the program imports.
  const out = await fs.mkdtemp(path.join(folder, "generated-"))
  onTestFinished(() => fs.rm(out, { recursive: true, force: true }))
  const { default: openapiTS, astToString } = await import(require.resolve("openapi-typescript"))
  await fs.writeFile(path.join(out, "generated.ts"), astToString(await openapiTS(document)))
  await fs.copyFile(path.join(folder, "program.ts"), path.join(out, "program.ts"))
  await fs.writeFile(path.join(out, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }))
  const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc")
  const { stdout } = await run(process.execPath, [tsc, "-p", out]).catch((error: { readonly stdout: string }) => error)
  return { faults: stdout, program: path.join(out, "program.js"), types: path.join(out, "generated.ts") }
}

describe("openapi-typescript", () => {
  it("finds no fault in the document with the validator that it has", async () => {
    // A package of the generator's own.
    const { createConfig, lintFromString } = createRequire(require.resolve("openapi-typescript"))(
      "@redocly/openapi-core"
    )
    const lint = async (document: unknown) =>
      lintFromString({
        source: JSON.stringify(document),
        absoluteRef: "/openapi.json",
        config: await createConfig({ extends: ["spec"] })
      })
    expect(await lint(openApi)).toEqual([])
    expect(await lint({ ...openApi, info: {} })).not.toEqual([])
  })

  it("generates types over which a program compiles and runs", { timeout: 120_000 }, async () => {
    const { apiKey, origin } = await servedEngine()
    const { faults, program, types } = await compiled(new URL(`${origin}/openapi.json`))
    expect(faults).toBe("")
    expect(await fs.readFile(types, "utf8")).toContain("ListAgents")

    const { run } = await import(program)
    const seen = await run(origin, apiKey)
    expect(seen).toEqual({
      jobs: 1,
      names: ["Ada: 0 support"],
      top_p: 0.5,
      years: ["20"],
      reply: expect.stringContaining("14 days"),
      cited: 1,
      tokens: true,
      roles: ["user", "assistant"],
      events: true,
      last: "stop",
      failure: expect.objectContaining({ code: "NOT_FOUND", resource: "agent" }),
      status: 404,
      said: true,
      refused: ["user", "robot"]
    })
    expect(await run(`${origin}/api`, apiKey).catch((error: unknown) => error)).toMatchObject({ jobs: 1 })
  })
})
