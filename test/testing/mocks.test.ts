/** Replies and entities for mocks: their types are exact, and their form is the engine's. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { expectTypeOf } from "vitest"
import { Agents, accumulateChat, Julep, messageText, Sessions, toolCalls } from "../../src/index.js"
import type * as facade from "../../src/promise/index.js"
import { entities, layerMemory, reply, replyEvents, type Scripted } from "../../src/testing/index.js"

/** Values in their form: ids and times, which differ, become their kinds. */
const form = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, inner) =>
      typeof inner !== "string" ? inner : inner.replace(/[0-9a-f-]{36}/, "id").replace(/^\d{4}-\d\d-\d\dT.*Z$/, "time")
    )
  )

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

const replies: ReadonlyArray<Scripted.ReplyParts> = [
  { text: "Good morning to you", usage },
  { calls: [{ name: "tide", arguments: { place: "Lagos" } }, { name: "tide" }], usage },
  { text: "Let me see", calls: [{ name: "tide", id: "own" }], usage },
  { text: "Cut", finish_reason: "length", usage }
]

describe("a reply for mocks", () => {
  it.effect("has the form of the engine's, whole and streamed", () =>
    Effect.gen(function* () {
      const { agents, sessions } = yield* Julep
      const agent = yield* agents.create({ name: "" })
      for (const parts of replies) {
        const { id } = yield* sessions.create({ agent_id: agent.id })
        expect(form(reply(parts))).toEqual(form(yield* sessions.chat(id, "?")))
        const events = Chunk.toReadonlyArray(yield* Stream.runCollect(sessions.chatStream(id, "?")))
        expect(form(replyEvents(parts))).toEqual(form(events))
      }
    }).pipe(Effect.provide(layerMemory({ script: replies.flatMap((parts) => [parts, parts]) })))
  )

  it.effect("is one line in a mocked manager", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const { id } = entities.session()
      expect(messageText(yield* sessions.chat(id, "?"))).toBe("Hi")
      const streamed = yield* accumulateChat(sessions.chatStream(id, "?"))
      expect(toolCalls(streamed)).toEqual([{ id: "call_tide", name: "tide", arguments: {} }])
    }).pipe(
      Effect.provide(
        Layer.mock(Sessions, {
          chat: () => Effect.succeed(reply("Hi")),
          chatStream: () => Stream.fromIterable(replyEvents({ calls: [{ name: "tide" }] }))
        })
      )
    )
  )

  it("is one line in a mock of promises", async () => {
    const sessions: Pick<facade.Sessions, "chat"> = { chat: async () => reply("Hi") }
    expect(messageText(await sessions.chat("any", "?"))).toBe("Hi")
    expectTypeOf(reply("Hi")).toExtend<facade.ChatResponse>()
    expectTypeOf(entities.agent()).toExtend<facade.Agent>()
  })
})

describe("an entity for mocks", () => {
  it.effect("has the members that the engine's has", () =>
    Effect.gen(function* () {
      const { agents, docs, jobs, memories, sessions, tools, users } = yield* Julep
      const agent = yield* agents.create({ name: "Agent" })
      const user = yield* users.create({})
      const session = yield* sessions.create({ agent_id: agent.id })
      const doc = yield* docs.create({ agent_id: agent.id, doc: { title: "", content: "?" } })
      const { id } = yield* memories.create({ agent_id: agent.id, user_id: user.id, content: "?" })
      yield* tools.create({
        agent_id: agent.id,
        tool: { type: "function", function: { name: "tool", parameters: { type: "object", properties: {} } } }
      })
      yield* sessions.chat(session.id, "?")
      const [message] = yield* sessions.history(session.id)
      const [tool] = yield* tools.list(agent.id)
      const names = (entity: object | undefined) => Object.keys(entity ?? {}).sort()
      const kept = yield* agents.get(agent.id)
      const { default_settings, ...expected } = kept
      expect(names(entities.agent())).toEqual(names(expected))
      expect(entities.agent().model).toBe(kept.model)
      expect(names(entities.user())).toEqual(names(yield* users.get(user.id)))
      expect(names(entities.session())).toEqual(names(yield* sessions.get(session.id)))
      expect(names(entities.message())).toEqual(names(message))
      const [stored] = yield* docs.list({ agent_id: agent.id })
      expect(names(entities.doc())).toEqual(names(stored))
      expect(names(entities.tool())).toEqual(names(tool))
      const memory = (yield* memories.list({ agent_id: agent.id })).find((one) => one.id === id)
      expect(names(entities.memory())).toEqual(names(memory))
      for (const job of doc.jobs) expect(names(entities.job())).toEqual(names(yield* jobs.get(job)))
    }).pipe(Effect.provide(layerMemory()))
  )

  it("takes plain ids, has one of its own, and is checked", () => {
    const id = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"
    expect(entities.agent({ id, name: "Ada" })).toMatchObject({ id, name: "Ada" })
    expect(entities.session({ agent_id: id }).agent_id).toBe(id)
    expect(entities.agent().id).not.toBe(entities.agent().id)
    expect(() => entities.agent({ id: "Ada" })).toThrow("UUID")
    // @ts-expect-error no entity has this member
    expect(() => entities.user({ nmae: "Ada" })).toThrow("nmae")
  })

  it.effect("is one line in a mocked manager", () =>
    Effect.gen(function* () {
      const agents = yield* Agents
      const { id } = entities.agent()
      expect(yield* agents.get(id)).toMatchObject({ id, name: "Ada" })
    }).pipe(Effect.provide(Layer.mock(Agents, { get: (id) => Effect.succeed(entities.agent({ id, name: "Ada" })) })))
  )
})
