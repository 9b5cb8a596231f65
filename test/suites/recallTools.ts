import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { chat, lastRequest, scene } from "../support/turns.js"

/** What a turn has recalled stays with it while its tools run. */
export const recallTools = (mode: Mode) =>
  describe("recall in a turn with tools", () => {
    it.effect("results of tools are recalled for with the question that the turn began with", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene({
          agent: { docs: [{ title: "Harbour", content: "The Lisbon harbour closes at nine." }] }
        })
        const first = yield* chat(session.id, "When does the Lisbon harbour close?")
        expect(first.doc_ids?.agent_doc_ids).toHaveLength(1)
        for (const result of [
          { role: "function", name: "clock", content: "first", tool_call_id: "call_clock" },
          { role: "assistant", content: "second" }
        ] as const) {
          const next = yield* julep.sessions.chat(session.id, { messages: [result] })
          expect(next.doc_ids).toEqual(first.doc_ids)
          expect(next.recalled?.snippets).toEqual(first.recalled?.snippets)
          expect(JSON.stringify((yield* lastRequest).messages)).toContain("closes at nine")
        }
        const other = yield* chat(session.id, "Thanks")
        expect(other.doc_ids?.agent_doc_ids).toEqual([])
      }).pipe(
        Effect.provide(
          mode([
            Scripted.toolCall("clock"),
            Scripted.toolCall("clock"),
            Scripted.reply("At nine."),
            Scripted.reply("You are welcome.")
          ])
        )
      )
    )
  })
