import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { chat, lastRequest, requests, scene } from "../support/turns.js"
import { send, type Wired } from "../support/wire.js"

const everything = {
  frequency_penalty: -1,
  length_penalty: 2,
  logit_bias: { "50256": -100, "7": 1 },
  max_tokens: 16_384,
  min_p: 0,
  presence_penalty: 1,
  preset: "code",
  repetition_penalty: 0,
  response_format: { type: "json_object", schema: { type: "object" } },
  seed: -1,
  stop: ["a", "b", "c", "d"],
  temperature: 0,
  top_p: 0.5
} as const

const defaults = {
  frequency_penalty: -2,
  length_penalty: 0.5,
  min_p: 0.25,
  presence_penalty: 0.5,
  preset: "prose",
  repetition_penalty: 1.5,
  temperature: 2.5,
  top_p: 0
} as const

/** Settings: a request to the model has those of the chat request, then those of the agent, and no others. */
export const chatSettings = (mode: Wired) =>
  describe("chat settings", () => {
    it.effect("without settings the model gets none, not even the 200 tokens of the specification", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Hello")
        const request = yield* lastRequest
        expect(request.settings).toEqual({})
        expect(request.tools).toEqual([])
        expect(request.tool_choice).toBe(undefined)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("every setting of the request reaches the model as it is, zeros included", () =>
      Effect.gen(function* () {
        const { session } = yield* scene({ agent: { default_settings: defaults } })
        yield* chat(session.id, "Hello", everything)
        expect((yield* lastRequest).settings).toEqual(everything)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: default_settings of the agent are used, as they were sent and no others", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* scene({ agent: { default_settings: defaults } })
        yield* chat(session.id, "Hello")
        expect((yield* lastRequest).settings).toEqual(defaults)
        yield* julep.agents.update(agent.id, { default_settings: { temperature: 0 } })
        yield* chat(session.id, "Hello")
        expect((yield* lastRequest).settings).toEqual({ ...defaults, temperature: 0 })
        yield* julep.agents.update(agent.id, { name: "Ada", about: "" }, { overwrite: true })
        yield* chat(session.id, "Hello")
        expect((yield* lastRequest).settings).toEqual({})
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a setting of the request beats the agent's, one by one", () =>
      Effect.gen(function* () {
        const { session } = yield* scene({ agent: { default_settings: { temperature: 0.9, top_p: 0.8 } } })
        yield* chat(session.id, "Hello", { temperature: 0, max_tokens: 5 })
        expect((yield* lastRequest).settings).toEqual({ temperature: 0, top_p: 0.8, max_tokens: 5 })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: null settings mean absent, of a request and of an agent", () =>
      Effect.gen(function* () {
        const { agents, sessions } = yield* Julep
        const settings = { temperature: 0.9, top_p: null, preset: null, frequency_penalty: null }
        const made = yield* send("POST", "/agents", { json: { name: "Ada", default_settings: settings, docs: null } })
        expect(made.status).toBe(201)
        const [agent] = yield* agents.list()
        if (agent === undefined) return yield* Effect.dieMessage("no agent")
        expect(agent.default_settings).toMatchObject({ temperature: 0.9, top_p: 1 })
        const session = yield* sessions.create({ agent_id: agent.id })
        const nulls = Object.fromEntries(Object.keys(everything).map((name) => [name, null]))
        const answered = yield* send("POST", `/sessions/${session.id}/chat`, {
          json: { messages: [{ role: "user", content: "Hi", name: null }], tools: null, stream: null, ...nulls }
        })
        expect(answered.status).toBe(200)
        expect((yield* lastRequest).settings).toEqual({ temperature: 0.9 })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: stop as one text works like a list", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Hello", { stop: "END" })
        expect((yield* lastRequest).settings).toEqual({ stop: "END" })
        yield* chat(session.id, "Hello", { stop: ["END", "\n"] })
        expect((yield* lastRequest).settings).toEqual({ stop: ["END", "\n"] })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: logit_bias works", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Hello", { logit_bias: { "50256": -100 } })
        expect((yield* lastRequest).settings).toEqual({ logit_bias: { "50256": -100 } })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: seed and min_p reach the model", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        yield* chat(session.id, "Hello", { seed: 42, min_p: 0.5 })
        expect((yield* lastRequest).settings).toEqual({ seed: 42, min_p: 0.5 })
      }).pipe(Effect.provide(mode()))
    )

    it.effect(
      "beyond v0.3: a JSON Schema in OpenAI's spelling reaches the model as v0.3's does, and any value of one fits",
      () =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const schema = JSONSchema.make(Schema.Struct({ n: Schema.Int }))
          const json_schema = { name: "numbers", schema, strict: true }
          yield* chat(session.id, "Hello", { response_format: { type: "json_schema", json_schema } })
          const { response_format } = (yield* lastRequest).settings
          expect(response_format).toEqual({ type: "json_object", ...json_schema })
          yield* chat(session.id, "Hello", { response_format: { type: "json_object", schema, strict: true } })
          expect((yield* lastRequest).settings.response_format).toEqual({ type: "json_object", schema, strict: true })
          interface Described {
            readonly type: "object"
          }
          const own: Described = { type: "object" }
          yield* chat(session.id, "Hello", { response_format: { type: "json_object", schema: own } })
          const missing = yield* Effect.flip(
            julep.sessions.chat(session.id, {
              messages: [{ role: "user", content: "Hello" }],
              response_format: { type: "json_schema" }
            })
          )
          expect(missing).toMatchObject({ _tag: "InvalidRequest", issues: [{ path: "response_format.json_schema" }] })
          const sent = yield* send("POST", `/sessions/${session.id}/chat`, {
            json: { messages: [{ role: "user", content: "Hi" }], response_format: { type: "json_schema" } }
          })
          expect(sent.status).toBe(422)
        }).pipe(Effect.provide(mode()))
    )

    it.effect("a tool takes any value of a JSON Schema, of a request and of an agent", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* scene()
        const parameters = JSONSchema.make(Schema.Struct({ n: Schema.Int }))
        yield* julep.tools.create({
          agent_id: agent.id,
          tool: { type: "function", function: { name: "a", parameters } }
        })
        yield* chat(session.id, "Hello", { tools: [{ type: "function", function: { name: "b", parameters } }] })
        expect((yield* lastRequest).tools).toEqual([
          { name: "a", parameters },
          { name: "b", parameters }
        ])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("beyond v0.3: extra members reach the model beside the settings, whole and streamed", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const extra = { reasoning_effort: "low", store: false, nested: { a: [null] } }
        yield* chat(session.id, "Hello", { extra, temperature: 0 })
        expect(yield* lastRequest).toMatchObject({ extra, settings: { temperature: 0 } })
        const messages = [{ role: "user", content: "Hello" }] as const
        yield* Stream.runDrain(julep.sessions.chatStream(session.id, { messages, extra: { service_tier: "flex" } }))
        expect((yield* lastRequest).extra).toEqual({ service_tier: "flex" })
      }).pipe(Effect.provide(mode()))
    )

    it.effect("extra members reach the model in each round of tools, and in no round that has none", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const tide = { type: "function", function: { name: "tide", parameters: { type: "object" } } } as const
        const extra = { reasoning_effort: "low", parallel_tool_calls: false }
        const turn = { tools: [tide], extra }
        yield* chat(session.id, "When is high water?", { ...turn, tool_choice: "required" })
        expect(yield* lastRequest).toMatchObject({ extra, tool_choice: "required" })
        const messages = [{ role: "function", name: "tide", tool_call_id: "call_tide", content: "At six." }] as const
        yield* julep.sessions.chat(session.id, { ...turn, messages })
        expect((yield* lastRequest).extra).toEqual(extra)
        yield* chat(session.id, "And low water?", { tools: [tide] })
        expect((yield* lastRequest).extra).toBe(undefined)
      }).pipe(Effect.provide(mode((_, index) => (index === 0 ? Scripted.toolCall("tide") : Scripted.reply("ok")))))
    )

    it.effect("extra may not hold what the engine writes itself: 422, with the member", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        for (const name of ["model", "messages", "tools", "stream", "n", "response_format"]) {
          const refused = yield* send("POST", `/sessions/${session.id}/chat`, {
            json: { messages: [{ role: "user", content: "Hello" }], extra: { user: "u", [name]: null } }
          })
          expect(refused.status).toBe(422)
          expect(refused.body).toMatchObject({
            error: {
              issues: [{ path: `extra.${name}`, message: "the engine writes this member itself" }]
            }
          })
        }
        expect(yield* requests).toEqual([])
      }).pipe(Effect.provide(mode()))
    )
  })
