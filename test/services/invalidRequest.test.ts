/** Every input is checked before it is sent, and an error names the path of each fault. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Julep } from "../../src/layers/Julep.js"
import type { RequestError } from "../../src/schema/Errors.js"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"

type Call = (julep: Julep.Service) => Effect.Effect<unknown, RequestError>

/** Values that a caller without types could pass. */
const untyped = (value: unknown) => value as never

const chat =
  (input: unknown): Call =>
  (julep) =>
    julep.sessions.chat(f.sessionId, untyped(input))
const create =
  (input: unknown): Call =>
  (julep) =>
    julep.agents.create(untyped(input))
const list =
  (query: unknown): Call =>
  (julep) =>
    julep.agents.list(untyped(query))
const ofAgent = { agent_id: f.agentId }
const ahoy = { messages: [{ role: "user", content: "Ahoy" }] }
const cyclic: Record<string, unknown> = {}
cyclic["self"] = cyclic

const table: ReadonlyArray<readonly [what: string, path: string, call: Call]> = [
  ["no name", "name", create({})],
  ["a name of another type", "name", create({ name: 3 })],
  [
    "a temperature too high",
    "default_settings.temperature",
    create({ name: "a", default_settings: { temperature: 4 } })
  ],
  ["a min_p of 1", "default_settings.min_p", create({ name: "a", default_settings: { min_p: 1 } })],
  ["an unknown preset", "default_settings.preset", create({ name: "a", default_settings: { preset: "calm" } })],
  ["NaN", "default_settings.top_p", create({ name: "a", default_settings: { top_p: Number.NaN } })],
  ["a list as metadata", "metadata", create({ name: "a", metadata: [] })],
  ["a Date in metadata", "metadata", create({ name: "a", metadata: { at: new Date(0) } })],
  ["a bigint in metadata", "metadata", create({ name: "a", metadata: { n: 1n } })],
  ["metadata that contains itself", "metadata", create({ name: "a", metadata: cyclic })],
  ["an empty chunk", "docs[0].content[1]", create({ name: "a", docs: [{ title: "t", content: ["x", ""] }] })],
  ["no chunks", "docs[0].content", create({ name: "a", docs: [{ title: "t", content: [] }] })],
  ["no title", "docs[1].title", create({ name: "a", docs: [{ title: "t", content: "c" }, { content: "c" }] })],
  ["a function without a name", "tools[0].function.name", create({ name: "a", tools: [toolNamed(undefined)] })],
  ["an unknown kind of tool", "tools[0].type", create({ name: "a", tools: [{ ...toolNamed("x"), type: "job" }] })],
  ["no messages", "messages", chat({ messages: [] })],
  ["messages left out", "messages", chat({})],
  ["an unknown role", "messages[0].role", chat({ messages: [{ role: "robot", content: "" }] })],
  ["no content", "messages[1].content", chat({ messages: [ahoy.messages[0], { role: "user" }] })],
  [
    "a part of an unknown type",
    "messages[0].content",
    chat({ messages: [{ role: "user", content: [{ type: "x" }] }] })
  ],
  ["a temperature over 2", "temperature", chat({ ...ahoy, temperature: 2.1 })],
  ["a top_p of 0", "top_p", chat({ ...ahoy, top_p: 0 })],
  ["a penalty under -1", "frequency_penalty", chat({ ...ahoy, frequency_penalty: -1.5 })],
  ["half a token", "max_tokens", chat({ ...ahoy, max_tokens: 1.5 })],
  ["no tokens", "max_tokens", chat({ ...ahoy, max_tokens: 0 })],
  ["five stops", "stop", chat({ ...ahoy, stop: ["1", "2", "3", "4", "5"] })],
  ["no stops", "stop", chat({ ...ahoy, stop: [] })],
  ["a seed of 10000", "seed", chat({ ...ahoy, seed: 10_000 })],
  ["a bias of a half", "logit_bias", chat({ ...ahoy, logit_bias: { "1": 0.5 } })],
  ["an unknown tool choice", "tool_choice", chat({ ...ahoy, tool_choice: "any" })],
  ["a limit of 0", "limit", list({ limit: 0 })],
  ["a limit of 10001", "limit", list({ limit: 10_001 })],
  ["half an offset", "offset", list({ offset: 0.5 })],
  ["a negative offset", "offset", list({ offset: -1 })],
  ["a filter that is a text", "metadata_filter", list({ metadata_filter: "{}" })],
  ["a filter that is a list", "metadata_filter", list({ metadata_filter: [] })],
  ["an unknown order", "order", list({ order: "up" })],
  ["an unknown sort", "sort_by", list({ sort_by: "name" })],
  [
    "a PUT without about",
    "about",
    (julep) => julep.users.update(f.userId, untyped({ name: "n" }), { overwrite: true })
  ],
  [
    "a PUT without situation",
    "situation",
    (julep) => julep.sessions.update(f.sessionId, untyped({}), { overwrite: true })
  ],
  [
    "a tool without parameters",
    "function.parameters",
    (julep) => julep.tools.create(untyped({ ...ofAgent, tool: { type: "function", function: { name: "x" } } }))
  ],
  [
    "a PUT of half a tool",
    "function.name",
    (julep) =>
      julep.tools.update(untyped({ ...ofAgent, tool_id: f.toolId, overwrite: true, function: { parameters: {} } }))
  ],
  ["a query of another type", "query", (julep) => julep.memories.list(untyped({ ...ofAgent, query: 1 }))],
  ["a doc without content", "content", (julep) => julep.docs.create(untyped({ ...ofAgent, doc: { title: "t" } }))],
  ["a completion without a prompt", "prompt", (julep) => julep.completions.create(untyped({}))],
  [
    "a chat completion without messages",
    "messages",
    (julep) => julep.chat.completions.create(untyped({ messages: [] }))
  ]
]

function toolNamed(name: string | undefined) {
  return { type: "function", function: { name, parameters: {} } }
}

describe("an input that does not fit", () => {
  for (const [what, path, call] of table) {
    it.effect(`${what} names ${path}, and nothing is sent`, () =>
      Effect.gen(function* () {
        const { julep, http } = yield* stubbed({ body: {} })
        const error = errorFields(yield* Effect.flip(call(julep)))
        expect(error["_tag"]).toBe("InvalidRequest")
        const paths = (error["issues"] as ReadonlyArray<{ readonly path: string }>).map((issue) => issue.path)
        expect(paths.some((each) => each === path || each.startsWith(`${path}.`) || each.startsWith(`${path}[`))).toBe(
          true
        )
        expect(error["message"]).toContain(path)
        expect(http.requests).toEqual([])
      })
    )
  }

  it.effect("reports every fault, five at most, in few words", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({})
      const two = { messages: [{ role: "robot", content: "" }], temperature: 9 }
      const both = errorFields(yield* Effect.flip(chat(two)(julep)))
      const paths = (both["issues"] as ReadonlyArray<{ readonly path: string }>).map(({ path }) => path)
      expect(paths.sort()).toEqual(["messages[0].role", "temperature"])
      const many = { messages: Array.from({ length: 50 }, () => ({ role: "x".repeat(5000), content: 1 })), seed: -2 }
      const error = errorFields(yield* Effect.flip(chat(many)(julep)))
      expect(error["issues"]).toHaveLength(5)
      expect(String(error["message"]).length).toBeLessThan(1500)
    })
  )

  it.effect("says what was expected", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({})
      const robot = yield* Effect.flip(chat({ messages: [{ role: "robot", content: "" }] })(julep))
      for (const word of ["user", "assistant", "function", "robot"]) expect(robot.message).toContain(word)
      const hot = yield* Effect.flip(chat({ ...ahoy, temperature: 9 })(julep))
      expect(hot.message).toMatch(/temperature: .*0.*2.*9/)
      expect(hot.message).not.toMatch(/undefined|└─|\{.*readonly/)
    })
  )

  it.effect("functions and tools together are refused, each alone is sent as tools", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ status: 201, body: f.created })
      const tools = [{ type: "function", function: f.functionDef }] as const
      const error = errorFields(
        yield* Effect.flip(julep.agents.create({ name: "a", functions: [f.functionDef], tools }))
      )
      expect(error).toMatchObject({ _tag: "InvalidRequest", issues: [{ path: "functions" }] })
      expect(http.requests).toEqual([])
      yield* julep.agents.create({ name: "a", functions: [f.functionDef] })
      expect(http.last().body).toEqual({ name: "a", tools })
      yield* julep.agents.create({ name: "a", tools })
      expect(http.last().body).toEqual({ name: "a", tools })
    })
  )

  it.effect("a doc has exactly one owner at run time", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: {} })
      const both = { agent_id: f.agentId, user_id: f.userId }
      const doc = { title: "t", content: "c" }
      for (const owner of [both, {}, { agent_id: undefined, user_id: undefined }]) {
        for (const call of [
          julep.docs.list(untyped(owner)),
          julep.docs.create(untyped({ ...owner, doc })),
          julep.docs.delete(untyped({ ...owner, doc_id: f.docId })),
          Effect.forEach([0], () => julep.docs.list(untyped(owner), { limit: 1 }))
        ]) {
          const error = errorFields(yield* Effect.flip<unknown, RequestError, never>(call))
          expect(error["_tag"]).toBe("InvalidRequest")
          expect(error["message"]).toMatch(/agent_id.*user_id/)
        }
      }
      expect(http.requests).toEqual([])
    })
  )

  it.effect("an unknown member that contains itself is refused, streamed or not", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: {} })
      const own: { self?: unknown } = {}
      own.self = own
      const messages = [{ role: "user", content: "?" }] as const
      const calls = [
        julep.chat.completions.create({ messages, own }),
        julep.completions.create({ prompt: "?", own }),
        Stream.runDrain(julep.chat.completions.stream({ messages, own })),
        Stream.runDrain(julep.completions.stream({ prompt: "?", own }))
      ]
      for (const call of calls) {
        const error = errorFields(yield* Effect.flip<unknown, RequestError, never>(call))
        expect(error).toMatchObject({ _tag: "InvalidRequest", message: expect.stringContaining("JSON") })
      }
      expect(http.requests).toEqual([])
    })
  )
})
