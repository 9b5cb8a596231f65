import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Leaf } from "../../src/cli/command.js"
import { codeOf, INTERRUPTED, OK } from "../../src/cli/exitCodes.js"
import { tree } from "../../src/cli/tree.js"
import { cli } from "../support/cli.js"

const page = fs.readFileSync(path.resolve(import.meta.dirname, "../../docs/command-line.md"), "utf8")

/** Every command with the words that run it. */
const commands = Effect.forEach(Object.entries(tree), ([name, { load }]) =>
  Effect.map(
    Effect.promise(load),
    ({ command }): ReadonlyArray<readonly [string, Leaf]> =>
      command._tag === "Leaf"
        ? [[name, command]]
        : Object.entries(command.commands).map(([word, leaf]) => [`${name} ${word}`, leaf] as const)
  )
).pipe(Effect.map((all) => all.flat()))

describe("every command", () => {
  it.effect("has help with an example of itself, --json, and no secret of the environment", () =>
    Effect.gen(function* () {
      const all = yield* commands
      expect(all.length).toBeGreaterThan(30)
      const env = { JULEP_API_KEY: "secret-of-a-key", AGENTS_API_KEY: "secret-of-a-key" }
      for (const [words, { description, example }] of all) {
        const { code, err, out } = yield* cli(`${words} --help`, { env })
        expect({ code, err }).toEqual({ code: 0, err: "" })
        expect(out).toContain("--json")
        expect(out).toContain(`Usage: effect-julep ${words}`)
        expect(example, words).toMatch(new RegExp(`^([A-Z_]+=\\S+ )*effect-julep ${words}\\b`, "m"))
        expect(description, words).toMatch(/^[A-Z].*\.$/s)
        expect(out).not.toContain("secret-of")
        expect(out.split("\n").filter((line) => line.length > 100 && !example.includes(line.trim()))).toEqual([])
      }
    })
  )

  it.effect("stands in the root's help and in the documentation", () =>
    Effect.gen(function* () {
      const { out } = yield* cli("--help")
      for (const name of Object.keys(tree)) {
        expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"))
        expect(page).toMatch(new RegExp(`^\\| \`${name}\\b`, "m"))
      }
    })
  )

  it("has a file of its name, which the tree names", () => {
    const files = fs.readdirSync(path.resolve(import.meta.dirname, "../../src/cli/commands"))
    expect(Object.keys(tree).sort()).toEqual(files.map((file) => file.replace(/\.ts$/, "")).sort())
  })
})

/** The errors in a row of the table of exit codes. */
const rows = [...page.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]*)\|$/gm)].map(
  ([, code, errors]) => [Number(code), [...(errors ?? "").matchAll(/`(\w+)`/g)].map(([, tag]) => tag ?? "")] as const
)

describe("the exit codes", () => {
  it("are those of the documentation", () => {
    expect(rows.map(([code]) => code)).toEqual([OK, 1, 2, 3, 4, 5, INTERRUPTED.SIGINT, INTERRUPTED.SIGTERM])
    for (const [code, tags] of rows) {
      for (const tag of tags) expect([tag, codeOf({ _tag: tag, message: "" })]).toEqual([tag, code])
    }
  })

  it("are documented for every error that a call or a store can have", () => {
    const root = path.resolve(import.meta.dirname, "../../src/schema")
    const sources = ["Errors.ts", "StorageErrors.ts"].map((file) => fs.readFileSync(path.join(root, file), "utf8"))
    const tags = [...sources.join("").matchAll(/Schema\.TaggedError<(\w+)>/g)].map(([, tag]) => tag)
    expect(tags.length).toBeGreaterThan(15)
    const documented = new Set(rows.flatMap(([, tags]) => tags))
    expect(tags.filter((tag) => !documented.has(tag ?? ""))).toEqual([])
  })
})
