import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scripted from "../../src/layers/Scripted.js"
import { accumulateChat } from "../../src/services/accumulate.js"
import type { Mode } from "../support/modes.js"
import { chat, lastRequest, says, sceneWithUser } from "../support/turns.js"

const tide = { type: "function", function: { name: "tide", parameters: { type: "object" } } } as const

const answering = Scripted.reply("At nine.")

/** The extension that says what the model of a chat was sent, and why. */
export const explain = (mode: Mode) =>
  describe("explain", () => {
    it.effect("has every part of the prompt, as it was sent, with what it was made of", () =>
      Effect.gen(function* () {
        const { agent, julep, session, user } = yield* sceneWithUser({
          agent: {
            name: "Ada",
            about: "a pilot",
            instructions: ["Be brief.", "Use <doc> tags."],
            tools: [tide],
            docs: [{ title: "Harbour", content: "The harbour closes at <nine>." }]
          }
        })
        yield* chat(session.id, "I live in Lisbon.")
        const before = yield* julep.sessions.history(session.id)
        const input = { messages: [says("When does the harbour close in Lisbon?")], explain: true } as const
        const rendered = yield* julep.sessions.render(session.id, input)
        const reply = yield* julep.sessions.chat(session.id, input)
        const request = yield* lastRequest
        const prompt = reply.prompt
        if (prompt === undefined) throw new Error("no prompt")
        expect({ ...rendered.prompt, parts: [] }).toEqual({ ...prompt, parts: [] })
        expect(rendered.prompt?.parts.map(({ kind, text }) => [kind, text])).toEqual(
          prompt.parts.map(({ kind, text }) => [kind, text])
        )

        const [asked, answered] = before
        const question = (yield* julep.sessions.history(session.id)).at(-2)
        const found = (kind: string) => prompt.parts.filter((part) => part.kind === kind)
        expect(found("agent")).toMatchObject([{ text: "a pilot", role: "system", source_ids: [agent.id] }])
        expect(found("user")).toMatchObject([{ source_ids: [user.id] }])
        expect(found("instructions")).toMatchObject([{ text: "Be brief.\nUse <doc> tags.", source_ids: [agent.id] }])
        const [snippet] = reply.recalled?.snippets ?? []
        expect(found("doc")).toMatchObject([
          { text: "The harbour closes at <nine>.", source_ids: [snippet?.doc_id], score: snippet?.score, role: "user" }
        ])
        expect(found("message")).toMatchObject([
          { text: "I live in Lisbon.", role: "user", source_ids: [asked?.id] },
          { text: "At nine.", role: "assistant", source_ids: [answered?.id] },
          { text: "When does the harbour close in Lisbon?", role: "user", source_ids: [question?.id] }
        ])
        expect(found("tool")).toHaveLength(1)
        const tokens = prompt.parts.filter(({ kind }) => kind !== "tool").reduce((sum, part) => sum + part.tokens, 0)
        expect(tokens).toBeLessThanOrEqual(prompt.prompt_tokens)
        expect(prompt.model).toBe(request.model)
        expect(prompt.window).toBeGreaterThan(prompt.budget)
        expect(prompt.budget).toBeGreaterThan(prompt.prompt_tokens)
      }).pipe(Effect.provide(mode(() => answering)))
    )

    it.effect("has calls of tools and their results", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* sceneWithUser({ agent: { tools: [tide] } })
        yield* chat(session.id, "The tide?")
        const called = (yield* julep.sessions.history(session.id)).find(({ role }) => role === "function_call")
        const reply = yield* julep.sessions.chat(session.id, {
          messages: [{ role: "function", name: "tide", content: "high" }],
          explain: true
        })
        const result = (yield* julep.sessions.history(session.id)).find(({ role }) => role === "function")
        expect(reply.prompt?.parts.filter(({ kind }) => /^function/.test(kind))).toMatchObject([
          { kind: "function_call", text: expect.stringContaining("noon"), source_ids: [called?.id] },
          { kind: "function", text: "high", role: "tool", source_ids: [result?.id] }
        ])
      }).pipe(Effect.provide(mode((_, index) => (index === 0 ? Scripted.toolCall("tide", { at: "noon" }) : answering))))
    )

    it.effect("is in the first event of a stream, and in no reply that does not ask for it", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* sceneWithUser({})
        const input = { messages: [says("Hello")], explain: true } as const
        const streamed = yield* accumulateChat(julep.sessions.chatStream(session.id, input))
        expect(streamed.prompt?.parts.at(-1)).toMatchObject({ kind: "message", text: "Hello" })
        expect(yield* julep.sessions.chat(session.id, "Hello")).not.toHaveProperty("prompt")
        expect(yield* julep.sessions.render(session.id, "Hello")).not.toHaveProperty("prompt")
      }).pipe(Effect.provide(mode(() => answering)))
    )

    it.effect("is kept for the last 20 chats of a session that ask for it, until its history is deleted", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* sceneWithUser({})
        const ask = (content: string, explain: boolean) =>
          julep.sessions.chat(session.id, { messages: [says(content)], explain, recall: false })
        yield* ask("not explained", false)
        const replies = yield* Effect.forEach(Array.from({ length: 21 }), (_, index) => ask(`question ${index}`, true))
        const recent = yield* julep.sessions.prompts(session.id)
        expect(recent.map(({ chat_id }) => chat_id)).toEqual(
          replies
            .slice(1)
            .toReversed()
            .map(({ id }) => id)
        )
        expect(recent[0]?.prompt).toEqual(replies.at(-1)?.prompt)
        yield* julep.sessions.deleteHistory(session.id)
        expect(yield* julep.sessions.prompts(session.id)).toEqual([])
      }).pipe(Effect.provide(mode(() => answering)))
    )
  })
