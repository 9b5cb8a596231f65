import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as OpenAi from "../../src/engine/ports/OpenAi.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, historyOf, lastRequest, requests, says, scene, sceneWithUser } from "../support/turns.js"

const tide = { type: "function", function: { name: "tide", parameters: { type: "object" } } } as const

/** The extension that returns what a chat would send. */
export const render = (mode: Mode) =>
  describe("render", () => {
    it.effect("is exactly what the chat sends, and sends and writes nothing itself", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* sceneWithUser({
          agent: {
            instructions: ["Be brief."],
            tools: [tide],
            docs: [{ title: "Harbour", content: "The harbour closes at nine." }]
          }
        })
        yield* chat(session.id, "I live in Lisbon.")
        yield* chat(session.id, "What is the tide?")
        const messages = [says("When does the harbour close in Lisbon?")] as const
        const before = yield* historyOf(session.id)
        const rendered = yield* julep.sessions.render(session.id, { messages })
        expect(yield* historyOf(session.id)).toEqual(before)
        expect(yield* requests).toHaveLength(2)

        const reply = yield* julep.sessions.chat(session.id, { messages })
        const request = yield* lastRequest
        expect(rendered).toMatchObject({
          model: request.model,
          messages: request.messages.map(OpenAi.messageOf),
          tools: [tide],
          doc_ids: reply.doc_ids
        })
        expect(rendered.prompt_tokens).toBeGreaterThan(50)
        expect(rendered.doc_ids?.agent_doc_ids).toHaveLength(1)
      }).pipe(
        Effect.provide(
          mode((_, index) => (index === 1 ? Scripted.toolCall("tide", { at: "noon" }) : Scripted.reply("ok")))
        )
      )
    )

    it.effect("fails as the chat would", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const messages = [says("Hello")] as const
        const choice = { type: "function", function: { name: "nothing" } } as const
        expect(yield* failure(julep.sessions.render(session.id, { messages, tool_choice: choice }))).toMatchObject({
          _tag: "UnprocessableRequest",
          issues: [{ path: "tool_choice.function.name" }]
        })
        yield* julep.sessions.delete(session.id)
        expect(yield* failure(julep.sessions.render(session.id, { messages }))).toMatchObject({
          _tag: "NotFound",
          resource: "session"
        })
      }).pipe(Effect.provide(mode()))
    )
  })
