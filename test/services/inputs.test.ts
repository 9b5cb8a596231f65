/** The request for each input, and the result of its response. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { stubbed } from "../support/client.js"
import * as f from "../support/fixtures.js"

const untyped = (value: unknown) => value as never
const ofAgent = { agent_id: f.agentId }
const identity = { id: f.agentId, created_at: new Date(f.created_at), jobs: [] }
const change = { id: f.agentId, updated_at: new Date(f.updated_at), jobs: [] }

describe("members of requests", () => {
  it.effect("a top-level null is the same as absent", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed((sent) => ({
        body: sent.path.endsWith("/chat") ? f.chatResponse : sent.method === "POST" ? f.created : f.updated
      }))
      yield* julep.agents.create(
        untyped({ name: "a", about: null, metadata: null, default_settings: null, docs: null })
      )
      expect(http.last().body).toEqual({ name: "a" })
      yield* julep.users.update(f.userId, untyped({ name: null, about: "" }))
      expect(http.last().body).toEqual({ about: "" })
      yield* julep.sessions.create(untyped({ ...ofAgent, user_id: null, situation: null }))
      expect(http.last().body).toEqual(ofAgent)
      yield* julep.docs.create({ ...ofAgent, doc: untyped({ title: "t", content: "c", metadata: null }) })
      expect(http.last().body).toEqual({ title: "t", content: "c" })
      yield* julep.sessions.chat(f.sessionId, untyped({ messages: [{ role: "user", content: "" }], stop: null }))
      expect(http.last().body).toEqual({ messages: [{ role: "user", content: "" }] })
    })
  )

  it.effect("an undefined member is not sent, an empty or false one is", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ status: 201, body: f.created })
      yield* julep.agents.create({ name: "", about: undefined, instructions: [], metadata: {}, docs: undefined })
      expect(http.last().body).toEqual({ name: "", instructions: [], metadata: {} })
      yield* julep.sessions.create({ ...ofAgent, situation: "", render_templates: false })
      expect(http.last().body).toEqual({ ...ofAgent, situation: "", render_templates: false })
    })
  )

  it.effect("null inside metadata is data, and no key is renamed, dropped or reordered", () =>
    Effect.gen(function* () {
      const metadata = JSON.parse('{"b":null,"aB":{"c_d":[{"__proto__":{"x":1}},null]},"__proto__":{"y":2},"":0}')
      const { julep, http } = yield* stubbed({ status: 201, body: f.created })
      const made = yield* julep.agents.create({ name: "a", metadata })
      expect(http.last().text).toBe(`{"name":"a","metadata":${JSON.stringify(metadata)}}`)
      expect(made.metadata).toBe(metadata)
      expect(({} as Record<string, unknown>)["y"]).toBeUndefined()
    })
  )

  it.effect("no default is sent: an empty query stays empty", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: { items: [] } })
      yield* julep.agents.list()
      yield* julep.agents.list({})
      yield* julep.docs.list({ user_id: f.userId }, { metadata_filter: {} })
      yield* julep.sessions.history(f.sessionId, { limit: 1000, offset: 0 })
      expect(http.requests.map(({ query }) => query)).toEqual([
        {},
        {},
        { metadata_filter: "{}" },
        { limit: "1000", offset: "0" }
      ])
    })
  )
})

describe("create and update", () => {
  it.effect("return the input plus its identity, and nothing else", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({ status: 201, body: { ...f.created, jobs: null } })
      const agent = { name: "a", metadata: { k: 1 }, functions: [f.functionDef] }
      expect(yield* julep.agents.create(agent)).toEqual({ ...agent, ...identity })
      expect(yield* julep.users.create({})).toEqual(identity)
      expect(yield* julep.sessions.create(ofAgent)).toEqual({ ...ofAgent, ...identity })
      const doc = { title: "t", content: ["one", "two"] as const }
      expect(yield* julep.docs.create({ user_id: f.userId, doc })).toEqual({ ...doc, ...identity })
      const tool = { type: "function", function: f.functionDef } as const
      expect(yield* julep.tools.create({ ...ofAgent, tool })).toEqual({ ...tool, ...identity })
    })
  )

  it.effect("update is PATCH, and PUT with overwrite", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: f.updated })
      const agent = { name: "a", about: "b" }
      const path = { ...ofAgent, tool_id: f.toolId }
      const results = [
        yield* julep.agents.update(f.agentId, { about: "" }),
        yield* julep.agents.update(f.agentId, { about: "" }, { overwrite: false }),
        yield* julep.agents.update(f.agentId, agent, { overwrite: true }),
        yield* julep.users.update(f.userId, {}),
        yield* julep.users.update(f.userId, agent, { overwrite: true }),
        yield* julep.sessions.update(f.sessionId, { metadata: {} }),
        yield* julep.sessions.update(f.sessionId, { situation: "s" }, { overwrite: true }),
        yield* julep.tools.update({ ...path, function: { description: "d" } }),
        yield* julep.tools.update({ ...path, function: f.functionDef, overwrite: true })
      ]
      expect(http.requests.map(({ method }) => method)).toEqual([
        "PATCH",
        "PATCH",
        "PUT",
        "PATCH",
        "PUT",
        "PATCH",
        "PUT",
        "PATCH",
        "PUT"
      ])
      expect(results[0]).toEqual({ about: "", ...change })
      expect(results[2]).toEqual({ ...agent, ...change })
      expect(results[3]).toEqual(change)
      expect(results[7]).toEqual({ function: { description: "d" }, ...change })
    })
  )

  it.effect("the server's identity wins over that of the input", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({ status: 201, body: f.created })
      expect((yield* julep.users.create(untyped({ id: "mine", name: "n" }))).id).toBe(f.agentId)
    })
  )
})

describe("completions", () => {
  const messages = [{ role: "user", content: "Ahoy", cache_control: { type: "ephemeral" } }] as const

  it.effect("request the hosted model unless another is named", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed((sent) => ({
        body: sent.path.includes("chat") ? f.chatCompletion : f.completion
      }))
      yield* julep.chat.completions.create({ messages })
      yield* julep.completions.create({ prompt: "Once" })
      yield* julep.chat.completions.create({ messages, model: "mine" })
      yield* julep.completions.create({ prompt: ["a", "b"], model: "mine", max_tokens: null })
      expect(http.requests.map(({ body }) => body)).toEqual([
        { messages, model: "julep-ai/samantha-1-turbo" },
        { prompt: "Once", model: "julep-ai/samantha-1-turbo" },
        { messages, model: "mine" },
        { prompt: ["a", "b"], model: "mine", max_tokens: null }
      ])
    })
  )

  it.effect("let unknown members pass both ways, however deep", () =>
    Effect.gen(function* () {
      const extra = { top_k: 4, best_of: 2, "x-y": { z: [null] }, preset: "prose", min_p: 0.05 }
      const choice = {
        index: 0,
        message: { role: "oracle", content: null, refusal: null },
        finish_reason: "eos",
        logprobs: {}
      }
      const usage = { prompt_tokens: 1, total_tokens: 1, prompt_tokens_details: { cached_tokens: 0 } }
      const answer = { id: "c", choices: [choice], usage, service_tier: "scale", system_fingerprint: null }
      const { julep, http } = yield* stubbed({ body: answer })
      expect(yield* julep.chat.completions.create({ messages, ...extra })).toEqual(answer)
      expect(http.last().body).toEqual({ model: "julep-ai/samantha-1-turbo", messages, ...extra })
      const text = { id: "t", choices: [{ text: "x", seed: 7 }], timings: { ms: 3 } }
      const completing = yield* stubbed({ body: text })
      expect(yield* completing.julep.completions.create({ prompt: "p", ...extra })).toEqual(text)
      expect(completing.http.last().body).toMatchObject(extra)
    })
  )
})
