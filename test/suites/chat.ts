import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { messageText } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import {
  background,
  chat,
  historyOf,
  lastRequest,
  says,
  scene,
  sceneWithUser,
  system,
  turnsOf
} from "../support/turns.js"

const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "low" } } as const
const mixed = [{ type: "text", text: "What is this?" }, image, { type: "text", text: "And why?" }] as const

/** A chat turn: the request to the model, and the reply. */
export const chats = (mode: Mode) =>
  describe("chat", () => {
    it.effect("the reply is one message of the agent in the API's nesting, the same as in history", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* scene()
        const reply = yield* chat(session.id, "Hello")
        const [message] = reply.response[0]
        expect(reply).toMatchObject({
          id: expect.any(String),
          finish_reason: "length",
          response: [
            [
              {
                id: message.id,
                role: "assistant",
                name: agent.name,
                content: "Ahoy",
                created_at: new Date(0)
              }
            ]
          ],
          usage,
          jobs: [],
          doc_ids: { agent_doc_ids: [], user_doc_ids: [] }
        })
        expect(messageText(reply)).toBe("Ahoy")
        const stored = yield* julep.sessions.history(session.id)
        expect(reply.response).toHaveLength(1)
        expect(stored.at(-1)).toEqual(message)
      }).pipe(Effect.provide(mode([Scripted.reply("Ahoy", { finish_reason: "length", usage })])))
    )

    it.effect("a text is one message of the user, in a chat, in a streamed chat and in what is rendered", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const rendered = yield* julep.sessions.render(session.id, "Hello")
        expect(rendered.messages.at(-1)).toMatchObject({ role: "user", content: "Hello" })
        yield* julep.sessions.chat(session.id, "Hello")
        yield* Stream.runDrain(julep.sessions.chatStream(session.id, "Hello again"))
        expect((yield* historyOf(session.id)).filter(([role]) => role === "user")).toEqual([
          ["user", "Hello"],
          ["user", "Hello again"]
        ])
      }).pipe(Effect.provide(mode()))
    )

    it.effect(
      "v0.3 fault: the system message is one, the first, with the agent's about and all instructions in order",
      () =>
        Effect.gen(function* () {
          const { session } = yield* sceneWithUser({
            agent: { about: "keeps the lighthouse", instructions: ["Zig.", "Be brief.", "Zig."] },
            user: { name: "Sam", about: "sails at night" },
            session: { situation: "A storm is coming." }
          })
          yield* chat(session.id, "Hello")
          const { messages } = yield* lastRequest
          expect(messages.map(({ role }) => role)).toEqual(["system", "user"])
          const text = yield* system
          const parts = [
            "A storm is coming.",
            "Ada",
            "keeps the lighthouse",
            "Sam",
            "sails at night",
            "Zig.",
            "Be brief.",
            "Zig."
          ]
          const places: Array<number> = []
          for (const part of parts) places.push(text.indexOf(part, (places.at(-1) ?? -1) + 1))
          expect(places).not.toContain(-1)
        }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: without a situation there is no empty section and no empty message", () =>
      Effect.gen(function* () {
        const { session } = yield* scene({ session: { situation: "" } })
        yield* chat(session.id, "Hello")
        const { messages } = yield* lastRequest
        for (const { content } of messages) expect(String(content).trim()).not.toBe("")
        const text = yield* system
        expect(text).toBe(text.trim())
        expect(text).not.toMatch(/\n{3}/)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("the next turn uses a changed situation, agent and user", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser({ session: { situation: "Before." } })
        yield* chat(session.id, "Hello")
        yield* julep.sessions.update(session.id, { situation: "After." })
        yield* julep.agents.update(agent.id, { about: "new about", model: "gpt-new" })
        yield* julep.users.update(user.id, { about: "new user" })
        yield* chat(session.id, "Again")
        const text = yield* system
        expect(text).toContain("After.")
        expect(text).not.toContain("Before.")
        expect(text).toContain("new about")
        expect(text).toContain("new user")
        expect((yield* lastRequest).model).toBe("gpt-new")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("system messages of the caller join the one system message, now and in later turns", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene({ session: { situation: "Calm." } })
        yield* julep.sessions.chat(session.id, {
          messages: [says("One"), { role: "system", content: "Whisper." }, says("Two")]
        })
        yield* chat(session.id, "Three")
        const request = yield* lastRequest
        expect(request.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"])
        expect(turnsOf(request).map(({ content }) => content)).toEqual(["One\n\nTwo", "ok", "Three"])
        expect(yield* system).toMatch(/Calm\.[\s\S]*Whisper\./)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("the next turn has the history in order, with the names that were given", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* julep.sessions.chat(session.id, { messages: [{ ...says("First"), name: "Sam" }, says("Second")] })
        yield* chat(session.id, "Third")
        expect(turnsOf(yield* lastRequest)).toEqual([
          { role: "user", content: "Sam: First\n\nSecond" },
          { role: "assistant", content: "ok" },
          { role: "user", content: "Third" }
        ])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: a message of text and images works, now and from history", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* chat(session.id, mixed)
        expect(turnsOf(yield* lastRequest)).toEqual([{ role: "user", content: mixed }])
        yield* chat(session.id, [image])
        expect(turnsOf(yield* lastRequest).map(({ content }) => content)).toEqual([mixed, "ok", [image]])
        const [first] = yield* julep.sessions.history(session.id)
        expect(first?.content).toEqual(mixed)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: the roles auto and function are taken", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* julep.sessions.chat(session.id, {
          messages: [
            { role: "auto", content: "Go on", continue: true },
            { role: "assistant", content: "I said" },
            { role: "function", name: "clock", content: "noon" }
          ]
        })
        const [auto, said, result] = turnsOf(yield* lastRequest)
        expect(auto).toMatchObject({ role: "user", content: "Go on" })
        expect(said).toMatchObject({ role: "assistant", content: "I said" })
        // No message calls the clock, so its result is sent as text: a strict endpoint accepts no result without a call.
        expect(result).toMatchObject({ role: "user", content: expect.stringMatching(/clock[\s\S]*noon/) })
        expect((yield* historyOf(session.id)).map(([role]) => role)).toEqual([
          "user",
          "assistant",
          "function",
          "assistant"
        ])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: record: false leaves no trace in history, and still answers and remembers", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser()
        expect(messageText(yield* chat(session.id, "I live in Lisbon.", { record: false }))).toBe("ok")
        expect(yield* historyOf(session.id)).toEqual([])
        const [memory] = yield* julep.memories.list({ agent_id: agent.id })
        expect(memory).toMatchObject({ content: "I live in Lisbon.", source_message_ids: [] })
        yield* chat(session.id, "Hello", { recall: false })
        expect(turnsOf(yield* lastRequest)).toHaveLength(1)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: recall: false keeps docs and memories out, and still records and remembers", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser({
          agent: { docs: [{ title: "Tides", content: "High tide in Lisbon is at six." }] }
        })
        yield* chat(session.id, "I live in Lisbon.")
        const reply = yield* chat(session.id, "I also work in Lisbon.", { recall: false })
        expect(reply.doc_ids).toEqual({ agent_doc_ids: [], user_doc_ids: [] })
        expect(yield* background).not.toMatch(/Lisbon/)
        expect(yield* historyOf(session.id)).toHaveLength(4)
        expect(yield* julep.memories.list({ agent_id: agent.id })).toHaveLength(2)
        yield* chat(session.id, "And Lisbon?")
        expect(yield* background).toMatch(/High tide in Lisbon[\s\S]*I live in Lisbon/)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("v0.3 fault: remember: false forms no memory, and still records and recalls", () =>
      Effect.gen(function* () {
        const { agent, julep, session } = yield* sceneWithUser({
          agent: { docs: [{ title: "Tides", content: "High tide in Lisbon is at six." }] }
        })
        const reply = yield* chat(session.id, "I live in Lisbon.", { remember: false })
        expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([])
        expect(yield* historyOf(session.id)).toHaveLength(2)
        expect(reply.doc_ids?.agent_doc_ids).toHaveLength(1)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("the model has the name that the agent gives", () =>
      Effect.gen(function* () {
        const own = yield* scene({ agent: { model: "anything/of:mine" } })
        yield* chat(own.session.id, "Hello")
        expect((yield* lastRequest).model).toBe("anything/of:mine")
      }).pipe(Effect.provide(mode()))
    )
  })
