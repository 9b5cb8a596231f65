import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli } from "../support/cli.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-cli-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const lines = (out: string): ReadonlyArray<Record<string, unknown>> =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

describe("search", () => {
  it.effect("finds passages and memories with an agent and a user, and what a session would recall", () =>
    Effect.gen(function* () {
      const store = path.join(folder, "search.db")
      const run = (line: string, input = "") => cli(`${line} --db ${store}`, { input })
      const doc = '{"name":"Ada","docs":[{"title":"Tea","content":"Green tea takes three minutes."}]}'
      yield* run("agents create --data -", doc)
      yield* run(
        "users create --data -",
        '{"name":"Sam","docs":[{"title":"Cups","content":"Sam drinks tea from cups."}]}'
      )
      yield* run("memories create --agent Ada --user Sam --content 'Sam likes green tea.'")
      const { out } = yield* run("search 'green tea' --agent Ada --user Sam --json")
      expect(lines(out)).toMatchObject([
        { kind: "passage", score: expect.any(Number), from: "Tea", owner: "agent", index: 0 },
        { kind: "passage", score: expect.any(Number), from: "Cups", owner: "user" },
        { kind: "memory", content: "Sam likes green tea." }
      ])
      const table = yield* run("search 'green tea' --agent Ada")
      expect(table.out).toMatch(
        /^KIND +SCORE +FROM +ID +CONTENT\npassage +\d+\.\d\d +Tea +[\da-f-]{36} +Green tea takes three minutes\.$/m
      )
      const session = JSON.parse((yield* run("sessions create --agent Ada --user Sam --json")).out)
      const recalled = yield* run(`search 'green tea' --session ${session.id} --json`)
      expect(lines(recalled.out).map(({ kind }) => kind)).toEqual(["passage", "passage", "memory"])
      expect(lines(recalled.out).every(({ score }) => typeof score === "number")).toBe(true)
    })
  )

  it.effect.each([
    ["search tea", "Give --agent, --user or --session: they say where to search."],
    ["search tea --agent Ada --session x", "A session has its agent and its user"],
    ["search tea --session x", "--session must be a UUID"]
  ] as const)("%s is wrong use", ([line, message]) =>
    Effect.gen(function* () {
      const { code, err } = yield* cli(line, { env: { JULEP_API_URL: "http://127.0.0.1:9", JULEP_API_KEY: "k" } })
      expect(code).toBe(2)
      expect(err).toContain(message)
    })
  )
})
