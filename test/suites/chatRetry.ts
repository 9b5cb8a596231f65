import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ModelError } from "../../src/engine/ports/Model.js"
import { Julep, messageText } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { InputChatMLMessage } from "../../src/schema/Message.js"
import type { SessionId } from "../../src/schema/Session.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, historyOf, lastRequest, says, scene, sceneWithUser, turnsOf } from "../support/turns.js"

const failing = (reason: ModelError["reason"]) => Scripted.fail(new ModelError({ reason, message: "not now" }))
const down = failing("unavailable")

/** A turn whose events are read to the end; succeeds with the text. */
const streamed = (session: SessionId, text: string) =>
  Effect.flatMap(Julep, ({ sessions }) =>
    sessions
      .chatStream(session, { messages: [says(text)] })
      .pipe(Stream.runFold("", (all, event) => all + (event.response[0]?.[0]?.content ?? "")))
  )

const whole = (session: SessionId, text: string) => Effect.map(chat(session, text), messageText)

const turnsOfHistory = (session: SessionId) =>
  Effect.flatMap(Julep, ({ sessions }) =>
    Effect.map(sessions.history(session), (messages) =>
      messages.map(({ id, refused, role }) => ({ id, refused, role }))
    )
  )

/** The texts that the model was asked last, without what was recalled. */
const prompt = Effect.map(lastRequest, (request) => turnsOf(request).map(({ content, role }) => [role, content]))

/** A turn that failed can be tried again. */
export const chatRetry = (mode: Mode) =>
  describe("a failed turn", () => {
    for (const [name, turn] of Object.entries({ whole, streamed })) {
      for (const reason of ["rate_limited", "unauthorized", "unavailable", "unknown_model", "empty_reply"] as const) {
        it.effect(`is answered by the same words in the rows that they have: ${name}, ${reason}`, () =>
          Effect.gen(function* () {
            const { session } = yield* sceneWithUser()
            yield* failure(turn(session.id, "I live in Lisbon."))
            const [before] = yield* turnsOfHistory(session.id)
            expect(yield* turn(session.id, "I live in Lisbon.")).toBe("better")
            expect(yield* historyOf(session.id)).toEqual([
              ["user", "I live in Lisbon."],
              ["assistant", "better"]
            ])
            expect((yield* turnsOfHistory(session.id))[0]).toEqual(before)
            expect(yield* prompt).toEqual([["user", "I live in Lisbon."]])
            // Answered, the same words are a new question.
            yield* turn(session.id, "I live in Lisbon.")
            expect(yield* historyOf(session.id)).toHaveLength(4)
          }).pipe(Effect.provide(mode([failing(reason), Scripted.reply("better"), Scripted.reply("again")])))
        )
      }

      it.effect(`is in the prompt of other words, which come after it: ${name}`, () =>
        Effect.gen(function* () {
          const { session } = yield* scene()
          yield* failure(turn(session.id, "One"))
          yield* turn(session.id, "Two")
          expect(JSON.stringify(yield* prompt)).toMatch(/One.*Two/)
          expect(yield* historyOf(session.id)).toEqual([
            ["user", "One"],
            ["user", "Two"],
            ["assistant", "ok"]
          ])
        }).pipe(Effect.provide(mode([down, Scripted.reply("ok")])))
      )

      it.effect(`keeps what the endpoint refused in history, marked, and never sends it again: ${name}`, () =>
        Effect.gen(function* () {
          const { session } = yield* scene()
          expect(yield* failure(turn(session.id, "Too large"))).toMatchObject({ code: "MODEL_REFUSED" })
          expect(yield* turn(session.id, "Hello")).toBe("ok")
          expect(yield* prompt).toEqual([["user", "Hello"]])
          const history = yield* turnsOfHistory(session.id)
          expect(history.map(({ refused, role }) => [role, refused])).toEqual([
            ["user", true],
            ["user", false],
            ["assistant", false]
          ])
          yield* turn(session.id, "Too large")
          expect(JSON.stringify(yield* prompt)).toContain("Too large")
          expect(yield* turnsOfHistory(session.id)).toHaveLength(5)
        }).pipe(Effect.provide(mode([failing("invalid_request"), Scripted.reply("ok"), Scripted.reply("fits now")])))
      )

      it.effect(`is not marked for what the endpoint refuses of the next one: ${name}`, () =>
        Effect.gen(function* () {
          const { session } = yield* scene()
          yield* failure(turn(session.id, "One"))
          expect(yield* failure(turn(session.id, "Too large"))).toMatchObject({ code: "MODEL_REFUSED" })
          expect((yield* turnsOfHistory(session.id)).map(({ refused }) => refused)).toEqual([false, true])
          expect(yield* turn(session.id, "Two")).toBe("ok")
          expect(yield* prompt).toEqual([["user", "One\n\nTwo"]])
        }).pipe(Effect.provide(mode([down, failing("invalid_request"), Scripted.reply("ok")])))
      )

      it.effect(`is marked if a second prompt with its messages is refused, so that it locks no session: ${name}`, () =>
        Effect.gen(function* () {
          const { session } = yield* scene()
          for (const text of ["Too large", "One", "Two"]) yield* failure(turn(session.id, text))
          expect((yield* turnsOfHistory(session.id)).map(({ refused }) => refused)).toEqual([true, true, true])
          expect(yield* turn(session.id, "Three")).toBe("ok")
          expect(yield* prompt).toEqual([["user", "Three"]])
        }).pipe(
          Effect.provide(mode([down, failing("invalid_request"), failing("invalid_request"), Scripted.reply("ok")]))
        )
      )

      it.effect(`is not recalled for its own retry: ${name}`, () =>
        Effect.gen(function* () {
          const { julep, session } = yield* sceneWithUser()
          yield* failure(turn(session.id, "Where is the lighthouse of Alexandria?"))
          const reply = yield* chat(session.id, "Where is the lighthouse of Alexandria?")
          expect(reply.recalled?.messages).toEqual([])
          expect(julep).toBeDefined()
        }).pipe(Effect.provide(mode([down, Scripted.reply("In Egypt")])))
      )
    }

    it.effect("is answered as far as its messages are the same: role, name, content and tool_call_id", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const send = (...messages: readonly [InputChatMLMessage, ...Array<InputChatMLMessage>]) =>
          julep.sessions.chat(session.id, { messages })
        yield* failure(send({ role: "user", content: "Hi", name: "Sam" }))
        yield* failure(send({ role: "user", content: "Hi" }))
        yield* send({ role: "user", content: "Hi", name: "Sam" }, { role: "user", content: "Bye" })
        expect(yield* historyOf(session.id)).toEqual([
          ["user", "Hi"],
          ["user", "Hi"],
          ["user", "Bye"],
          ["assistant", "ok"]
        ])
      }).pipe(Effect.provide(mode([down, down, Scripted.reply("ok")])))
    )

    it.effect(
      "is answered by the same words, said once more, if what was said since does not fit the window beside them",
      () =>
        Effect.gen(function* () {
          const { session } = yield* scene({ agent: { instructions: "Be kind. ".repeat(100) } })
          const long = (index: number) => `Note ${index}: ${"many things happened ".repeat(20)}`
          yield* failure(chat(session.id, "Hello"))
          for (let index = 0; index < 7; index++) yield* failure(chat(session.id, long(index)))
          expect(yield* whole(session.id, "Hello")).toBe("better")
          const sent = JSON.stringify(yield* prompt)
          expect(sent).toMatch(/Note 6.*Hello/)
          expect(sent).not.toContain("Note 0")
          expect((yield* historyOf(session.id)).slice(-3).map(([role]) => role)).toEqual(["user", "user", "assistant"])
        }).pipe(
          Effect.provide(
            mode([...Array.from({ length: 8 }, () => down), Scripted.reply("better")], {
              engine: { contextWindow: 2000 }
            })
          )
        )
    )

    it.effect("an empty reply that a filter or a limit accounts for is stored, marked and never sent again", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        expect((yield* chat(session.id, "One")).finish_reason).toBe("content_filter")
        yield* chat(session.id, "Two")
        expect((yield* turnsOfHistory(session.id)).map(({ refused, role }) => [role, refused])).toEqual([
          ["user", false],
          ["assistant", true],
          ["user", false],
          ["assistant", false]
        ])
        expect((yield* prompt).map(([role]) => role)).not.toContain("assistant")
      }).pipe(Effect.provide(mode([Scripted.reply(null, { finish_reason: "content_filter" }), Scripted.reply("ok")])))
    )
  })
