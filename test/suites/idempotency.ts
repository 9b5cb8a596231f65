import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Julep, MessageId, messageText } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { historyOf, lastRequest, turnsOf, waitingTurns } from "../support/turns.js"

const hello = { messages: [{ role: "user", content: "Hello" }] } as const

const session = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  return yield* julep.sessions.create({ agent_id: agent.id })
})

const refund = { type: "function", function: { name: "refund", parameters: {} } } as const

/** A POST under an idempotency key is done once. */
export const idempotency = (mode: Mode) =>
  describe("idempotency keys", () => {
    it.live("the same body under the same key gets the first answer, and nothing is done twice", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const keyed = Julep.withOptions({ idempotencyKey: "k1" })
        const first = yield* keyed(julep.agents.create({ name: "Ada" }))
        const second = yield* keyed(julep.agents.create({ name: "Ada" }))
        expect(second.id).toBe(first.id)
        expect(yield* julep.agents.list()).toHaveLength(1)
        const other = yield* Julep.withOptions({ idempotencyKey: "k2" })(julep.agents.create({ name: "Ada" }))
        expect(other.id).not.toBe(first.id)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("an update under a key is done once, too", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const { id } = yield* agents.create({ name: "Ada" })
        const keyed = Julep.withOptions({ idempotencyKey: "k" })
        const rename = keyed(agents.update(id, { name: "Bea" }))
        yield* rename
        yield* agents.update(id, { name: "Cid" })
        yield* rename
        expect((yield* agents.get(id)).name).toBe("Cid")
        expect((yield* Effect.flip(keyed(agents.update(id, { name: "Dan" }))))._tag).toBe("Conflict")
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a reply is kept for 24 hours, and no longer", () =>
      Effect.gen(function* () {
        const { agents } = yield* Julep
        const create = Julep.withOptions({ idempotencyKey: "k" })(agents.create({ name: "Ada" }))
        const { id } = yield* create
        yield* TestClock.adjust("23 hours")
        expect((yield* create).id).toBe(id)
        yield* TestClock.adjust("59 minutes")
        expect((yield* create).id).toBe(id)
        yield* TestClock.adjust("1 minute")
        const second = yield* create
        expect(second.id).not.toBe(id)
        expect((yield* create).id).toBe(second.id)
        expect(yield* agents.list()).toHaveLength(2)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a body that speaks of streams in its data is kept as any other", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const create = julep.agents
          .create({ name: "Ada", metadata: { stream: true } })
          .pipe(Julep.withOptions({ idempotencyKey: "streams" }))
        expect((yield* create).id).toBe((yield* create).id)
        expect(yield* julep.agents.list()).toHaveLength(1)
      }).pipe(Effect.provide(mode()))
    )

    it.live("another body under the same key is a Conflict", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const keyed = Julep.withOptions({ idempotencyKey: "k" })
        yield* keyed(julep.agents.create({ name: "Ada" }))
        const error = yield* Effect.flip(keyed(julep.agents.create({ name: "Bob" })))
        expect(error._tag).toBe("Conflict")
        expect(yield* julep.agents.list()).toHaveLength(1)
      }).pipe(Effect.provide(mode()))
    )

    it.live("a failure is not kept: the next attempt is made", () =>
      Effect.gen(function* () {
        const julep = yield* Julep
        const { id } = yield* session
        const ask = Julep.withOptions({ idempotencyKey: "k", retry: false })(julep.sessions.chat(id, hello))
        expect((yield* Effect.flip(ask))._tag).toBe("ServerError")
        expect(messageText(yield* ask)).toBe("second")
        expect(messageText(yield* ask)).toBe("second")
        // The failed attempt had stored the message, and the next one goes on from it.
        expect(yield* historyOf(id)).toEqual([
          ["user", "Hello"],
          ["assistant", "second"]
        ])
        expect(turnsOf(yield* lastRequest)).toHaveLength(1)
      }).pipe(Effect.provide(mode([Scripted.fail(unavailable), Scripted.reply("second"), Scripted.reply("third")])))
    )

    it.live("a duplicate that arrives while the first is running waits for it", () =>
      Effect.gen(function* () {
        const latch = yield* Deferred.make<void>()
        yield* Effect.gen(function* () {
          const julep = yield* Julep
          const { requests } = yield* Scripted.Scripted
          const { id } = yield* session
          const ask = Julep.withOptions({ idempotencyKey: "k" })(julep.sessions.chat(id, hello))
          const first = yield* Effect.fork(ask)
          yield* Effect.repeat(Effect.yieldNow(), {
            until: () => Effect.map(requests, (lastRequest) => lastRequest.length === 1)
          })
          const second = yield* Effect.fork(ask)
          yield* Deferred.succeed(latch, undefined)
          const replies = yield* Fiber.join(Fiber.zip(first, second))
          expect(replies[0].id).toBe(replies[1].id)
          expect(yield* requests).toHaveLength(1)
        }).pipe(Effect.provide(mode([Scripted.hold(latch, Scripted.reply("once"))])))
      })
    )

    it.live("a claim waits for the turn ahead, and meanwhile others write", () =>
      Effect.gen(function* () {
        const go = yield* Deferred.make<void>()
        const call = Scripted.toolCalls([{ id: "c1", name: "refund", arguments: "{}" }])
        yield* Effect.gen(function* () {
          const { agents, sessions } = yield* Julep
          const { id } = yield* session
          yield* sessions.chat(id, { ...hello, tools: [refund] })
          const message_ids = (yield* sessions.history(id))
            .slice(-1)
            .map((message) => MessageId.make(String(message.id)))
          const ahead = yield* Effect.fork(sessions.chat(id, { ...hello, record: false }))
          const { requests } = yield* Scripted.Scripted
          yield* Effect.repeat(Effect.yieldNow(), { until: () => Effect.map(requests, ({ length }) => length === 2) })
          const waiting = yield* waitingTurns
          const claim = Julep.withOptions({ idempotencyKey: "k", retry: false })(sessions.claim(id, { message_ids }))
          const claimed = yield* Effect.fork(claim)
          yield* Effect.repeat(Effect.yieldNow(), { until: () => Effect.map(waitingTurns, (now) => now > waiting) })
          yield* agents.create({ name: "Bea" })
          yield* Deferred.succeed(go, undefined)
          yield* Fiber.join(ahead)
          const first = yield* Fiber.join(claimed)
          expect(first).toMatchObject({ message_ids })
          expect(yield* claim).toEqual(first)
        }).pipe(Effect.provide(mode([call, Scripted.hold(go, Scripted.reply("not recorded"))])))
      })
    )
  })

const unavailable = new Scripted.ModelError({ reason: "unavailable", message: "down" })
