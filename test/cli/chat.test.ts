import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Scripted from "../../src/layers/Scripted.js"
import { cli, type Surroundings } from "../support/cli.js"
import { KEY, serveEngine } from "../support/servedEngine.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-cli-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const onStore = (name: string) => (line: string, surroundings?: Surroundings) =>
  cli(`${line} --db ${path.join(folder, name)}`, surroundings)

const ADA = '{"name":"Ada","docs":[{"title":"Tea","content":"Green tea takes three minutes."}]}'

describe("chat", () => {
  it.effect("answers what is piped, in an empty folder too, and says that its model is offline", () =>
    Effect.gen(function* () {
      const run = onStore("piped.db")
      const first = yield* run("chat", { input: "Hello\n" })
      expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^\S.*\n$/s) })
      expect(first.err).toContain("offline model")
      expect(first.err).toContain("--model ollama:NAME")
      const second = yield* run("chat --json --model offline", { input: "Hello" })
      expect(second).toMatchObject({ code: 0, err: "" })
      expect(JSON.parse(second.out)).toMatchObject({ session_id: expect.any(String), finish_reason: "stop" })
      const { out } = yield* run("agents list --json")
      expect(
        out
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line).name)
      ).toEqual(["Assistant"])
    })
  )

  it.effect("goes on until the input ends, and shows sources, prompt and memories", () =>
    Effect.gen(function* () {
      const run = onStore("talk.db")
      yield* run("agents create --data -", { input: ADA })
      yield* run("users create --name Sam")
      yield* run("memories create --agent Ada --user Sam --content 'Kettles are hot.'")
      const answers = [
        "/sources",
        " ",
        "How long does green tea take?",
        "/sources",
        "/prompt",
        "/memories",
        "/nw",
        "/help"
      ]
      const { code, err, out } = yield* run("chat --user Sam", { answers })
      expect(code).toBe(0)
      expect(out).toContain("three minutes")
      expect(err).toContain("You talk with Ada.")
      expect(err).toContain("There is no reply yet")
      expect(out).toMatch(/^\d\.\d\d {2}Tea: Green tea takes three minutes\.$/m)
      expect(out).toMatch(/tokens of \d+, in a window of \d+\n\n[\s\S]*^doc in user, \d+ tokens, score \d\.\d\d$/m)
      expect(out).toContain("- Kettles are hot.")
      expect(err).toContain("There is no command /nw.")
      expect(err).toContain("/new       begins a new session")
      const [, session] = /chat --session (\S+)/.exec(err) ?? []
      const next = yield* run(`chat --session ${session}`, { answers: ["/new", "Hello", { _tag: "Interrupted" }] })
      expect(next.code).toBe(130)
      const sessions = yield* run("sessions list --json")
      expect(sessions.out.trimEnd().split("\n")).toHaveLength(2)
    })
  )

  it.scoped("stops a reply at Ctrl-C, keeps what came, and goes on", () =>
    Effect.gen(function* () {
      const came = yield* Deferred.make<void>()
      const script = [Scripted.pieces(["Green tea", " takes"], Scripted.never), "Three minutes."]
      const url = yield* serveEngine({ model: Scripted.layer(script) })
      const env = { JULEP_API_URL: url, JULEP_API_KEY: KEY }
      const { code, err, out } = yield* cli("chat", {
        env,
        answers: ["How long?", "Go on."],
        interrupt: Deferred.await(came),
        onWrite: (text) => {
          if (text === " takes") Deferred.unsafeDone(came, Effect.void)
        }
      })
      expect({ code, out }).toEqual({ code: 0, out: "Green tea takes\n" })
      expect(err).toContain("Stopped. The partial reply is kept.")
      const [, session] = /chat --session (\S+)/.exec(err) ?? []
      const history = yield* cli(`sessions history ${session} --json`, { env })
      expect(
        history.out
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line).content)
      ).toEqual(["How long?", "Green tea takes"])
    })
  )

  it.effect.each([
    ["chat", { input: " \n" }, "There is no message: the input is empty."],
    ["chat --session x", {}, "--session must be a UUID"],
    ["chat --session 8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10 --agent Ada", {}, "A session has its agent and its user"],
    ["chat --model offline", {}, "answers with its own model"],
    ["chat --model gpt", {}, "--model must be offline, ollama:NAME"]
  ] as const)("%s is wrong use", ([line, surroundings, message]) =>
    Effect.gen(function* () {
      const { code, err } = yield* cli(line, {
        input: "Hello",
        ...surroundings,
        env: { JULEP_API_URL: "http://127.0.0.1:9", JULEP_API_KEY: "k" }
      })
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(message) })
    })
  )
})
