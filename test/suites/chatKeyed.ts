import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ModelError } from "../../src/engine/ports/Model.js"
import { Julep, messageText } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { SessionId } from "../../src/schema/Session.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, historyOf, requests, says, scene } from "../support/turns.js"

const down = Scripted.fail(new ModelError({ reason: "unavailable", message: "down" }))
const keyed = Julep.withOptions({ idempotencyKey: "k", retry: false })

const whole = (session: SessionId, text: string) => Effect.map(chat(session, text), messageText)

const streamed = (session: SessionId, text: string) =>
  Effect.flatMap(Julep, ({ sessions }) =>
    sessions
      .chatStream(session, { messages: [says(text)] })
      .pipe(Stream.runFold("", (all, event) => all + (event.response[0]?.[0]?.content ?? "")))
  )

/** Chats under an idempotency key. */
export const chatKeyed = (mode: Mode) =>
  describe("a chat under a key", () => {
    for (const [name, turn] of Object.entries({ whole, streamed })) {
      const ask = (session: SessionId, text = "Hello") => keyed(turn(session, text))

      it.effect(`is answered once: ${name}`, () =>
        Effect.gen(function* () {
          const { session } = yield* scene()
          expect(yield* ask(session.id)).toBe("one two")
          expect(yield* ask(session.id)).toBe("one two")
          expect(yield* requests).toHaveLength(1)
          expect(yield* historyOf(session.id)).toHaveLength(2)
          expect((yield* failure(ask(session.id, "Other words")))["_tag"]).toBe("Conflict")
        }).pipe(Effect.provide(mode([Scripted.reply("one two"), Scripted.reply("again")])))
      )

      it.effect(`is answered from history once the kept reply has expired: ${name}`, () =>
        Effect.gen(function* () {
          const { session } = yield* scene()
          yield* ask(session.id)
          yield* turn(session.id, "Next")
          yield* TestClock.adjust("25 hours")
          expect(yield* ask(session.id)).toBe("one two")
          expect(yield* requests).toHaveLength(2)
          expect(yield* historyOf(session.id)).toHaveLength(4)
        }).pipe(Effect.provide(mode([Scripted.reply("one two"), Scripted.reply("next"), Scripted.reply("again")])))
      )

      it.effect(`that failed goes on with its message, also after it has left the window: ${name}`, () =>
        Effect.gen(function* () {
          const { session } = yield* scene()
          yield* failure(ask(session.id))
          const [first] = yield* historyOf(session.id)
          for (let index = 0; index < 4; index++) yield* turn(session.id, `${index} ${"long ".repeat(2000)}`)
          yield* TestClock.adjust("25 hours")
          expect(yield* ask(session.id)).toBe("ok")
          const history = yield* historyOf(session.id)
          expect(history).toHaveLength(10)
          expect(history.slice(-2)).toEqual([first, ["assistant", "ok"]])
        }).pipe(Effect.provide(mode((_, index) => (index === 0 ? down : Scripted.reply("ok")), {})))
      )

      it.effect(`that was refused is asked again under its key: ${name}`, () =>
        Effect.gen(function* () {
          const { session } = yield* scene()
          yield* failure(ask(session.id))
          expect(yield* ask(session.id)).toBe("ok")
          expect(yield* historyOf(session.id)).toEqual([
            ["user", "Hello"],
            ["assistant", "ok"]
          ])
        }).pipe(
          Effect.provide(
            mode([Scripted.fail(new ModelError({ reason: "invalid_request", message: "no" })), Scripted.reply("ok")])
          )
        )
      )

      it.effect(`waits for the attempt that runs under it: ${name}`, () =>
        Effect.gen(function* () {
          const [reached, go] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
          const held: Scripted.Step = (request) => {
            Deferred.unsafeDone(reached, Effect.void)
            return Scripted.hold(go, Scripted.reply("once"))(request)
          }
          yield* Effect.gen(function* () {
            const { session } = yield* scene()
            const first = yield* Effect.fork(ask(session.id))
            yield* Effect.raceFirst(Deferred.await(reached), Fiber.join(first))
            const second = yield* Effect.fork(ask(session.id))
            yield* Deferred.succeed(go, undefined)
            expect(yield* Fiber.join(Fiber.zip(first, second))).toEqual(["once", "once"])
            expect(yield* requests).toHaveLength(1)
          }).pipe(Effect.provide(mode([held, Scripted.reply("twice")])))
        })
      )
    }

    it.effect("whose stream broke off is answered with what is stored, as aborted", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const messages = [says("Hello")] as const
        yield* failure(keyed(streamed(session.id, "Hello")))
        const events = Array.from(yield* keyed(Stream.runCollect(julep.sessions.chatStream(session.id, { messages }))))
        expect(events.flatMap(({ response }) => response.flat()).map(({ content }) => content)).toEqual(["Once "])
        expect(events.at(-1)?.finish_reason).toBe("aborted")
        expect(yield* requests).toHaveLength(1)
      }).pipe(Effect.provide(mode([Scripted.pieces(["Once "], down)])))
    )

    it.effect("whose history was deleted is asked again", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        yield* keyed(chat(session.id, "Hello"))
        yield* julep.sessions.deleteHistory(session.id)
        expect(messageText(yield* keyed(chat(session.id, "Hello")))).toBe("second")
        expect(yield* historyOf(session.id)).toHaveLength(2)
      }).pipe(Effect.provide(mode([Scripted.reply("first"), Scripted.reply("second")])))
    )
  })
