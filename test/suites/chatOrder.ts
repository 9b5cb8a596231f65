import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ModelError } from "../../src/engine/ports/Model.js"
import { messageText } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, historyOf, modelReply, scene, sceneWithUser } from "../support/turns.js"

/** A step that reports the request, and replies when the test lets it. */
const latched = Effect.gen(function* () {
  const reached = yield* Deferred.make<void>()
  const go = yield* Deferred.make<void>()
  const step: Scripted.Step = () =>
    Deferred.succeed(reached, undefined).pipe(Effect.zipRight(Deferred.await(go)), Effect.as(modelReply("late")))
  return { reached: Deferred.await(reached), go: Deferred.succeed(go, undefined), step }
})

/** Fails the first time and replies from then on. */
const failingOnce = (error: ConstructorParameters<typeof ModelError>[0]): Scripted.Script => [
  Scripted.fail(new ModelError(error)),
  Scripted.reply("better")
]

const failures = [
  {
    error: { reason: "unknown_model", message: "nobody knows the model nessie" },
    expected: { _tag: "BadRequest", status: 400, code: "UNKNOWN_MODEL", message: expect.stringContaining("nessie") }
  },
  {
    error: { reason: "invalid_request", message: "too long" },
    expected: { _tag: "BadRequest", status: 400, code: "MODEL_REFUSED", message: expect.stringContaining("too long") }
  },
  {
    error: { reason: "rate_limited", message: "slow down", retryAfter: 2.5 },
    expected: { _tag: "RateLimited", status: 429, retryAfter: 3, message: expect.stringContaining("slow down") }
  },
  {
    error: { reason: "rate_limited", message: "slow down" },
    expected: { _tag: "RateLimited", status: 429, message: expect.stringContaining("slow down") }
  },
  {
    error: { reason: "unavailable", message: "down" },
    expected: { _tag: "ServerError", status: 502, code: "MODEL", message: expect.stringContaining("down") }
  },
  {
    error: { reason: "unauthorized", message: "the endpoint refused the key" },
    expected: {
      _tag: "ServerError",
      status: 502,
      code: "MODEL_UNAUTHORIZED",
      message: expect.stringContaining("refused")
    }
  }
] as const

/** The order of a turn, its failures and its interruption. */
export const chatOrder = (mode: Mode) =>
  describe("chat order", () => {
    it.effect("the user's message is in history before the model answers, the reply after", () =>
      Effect.gen(function* () {
        const { go, reached, step } = yield* latched
        yield* Effect.gen(function* () {
          const { session } = yield* scene()
          const turn = yield* Effect.fork(chat(session.id, "Hello"))
          yield* Effect.raceFirst(reached, Fiber.join(turn))
          expect(yield* historyOf(session.id)).toEqual([["user", "Hello"]])
          yield* go
          expect(messageText(yield* Fiber.join(turn))).toBe("late")
          expect(yield* historyOf(session.id)).toEqual([
            ["user", "Hello"],
            ["assistant", "late"]
          ])
        }).pipe(Effect.provide(mode([step])))
      })
    )

    it.effect("no transaction spans the model's call: others read and write meanwhile, and memories come last", () =>
      Effect.gen(function* () {
        const { go, reached, step } = yield* latched
        yield* Effect.gen(function* () {
          const { agent, julep, session } = yield* sceneWithUser()
          const turn = yield* Effect.fork(chat(session.id, "I live in Lisbon."))
          yield* Effect.raceFirst(reached, Fiber.join(turn))
          const other = yield* julep.agents.create({ name: "Bob" })
          yield* julep.agents.update(other.id, { about: "meanwhile" })
          expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([])
          const second = yield* julep.sessions.create({ agent_id: other.id })
          expect(messageText(yield* chat(second.id, "Hello"))).toBe("at once")
          yield* go
          yield* Fiber.join(turn)
          expect(yield* julep.memories.list({ agent_id: agent.id })).toHaveLength(1)
        }).pipe(Effect.provide(mode([step, Scripted.reply("at once")])))
      })
    )

    for (const { error, expected } of failures) {
      const name = `${error.reason}${"retryAfter" in error ? " with retryAfter" : ""}`
      it.effect(`${name} of the model is ${expected._tag}; the user's message stays, and the next chat works`, () =>
        Effect.gen(function* () {
          const { agent, julep, session } = yield* sceneWithUser({ agent: { model: "nessie" } })
          const failed = yield* failure(chat(session.id, "I live in Lisbon."))
          expect(failed).toMatchObject(expected)
          if (!("retryAfter" in error)) expect(failed).not.toHaveProperty("retryAfter")
          expect(yield* historyOf(session.id)).toEqual([["user", "I live in Lisbon."]])
          expect(yield* julep.memories.list({ agent_id: agent.id })).toEqual([])
          expect(messageText(yield* chat(session.id, "Again"))).toBe("better")
          expect(yield* historyOf(session.id)).toEqual([
            ["user", "I live in Lisbon."],
            ["user", "Again"],
            ["assistant", "better"]
          ])
        }).pipe(Effect.provide(mode(failingOnce(error))))
      )
    }

    it.effect("interrupting the caller interrupts the model; the user's message stays, and the next chat works", () =>
      Effect.gen(function* () {
        const reached = yield* Deferred.make<void>()
        const stopped = yield* Deferred.make<void>()
        const step: Scripted.Step = () =>
          Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
          )
        yield* Effect.gen(function* () {
          const { session } = yield* scene()
          const turn = yield* Effect.fork(chat(session.id, "Hello"))
          yield* Effect.raceFirst(Deferred.await(reached), Fiber.join(turn))
          yield* Fiber.interrupt(turn)
          yield* Deferred.await(stopped)
          expect(yield* historyOf(session.id)).toEqual([["user", "Hello"]])
          expect(messageText(yield* chat(session.id, "Again"))).toBe("here")
        }).pipe(Effect.provide(mode([step, Scripted.reply("here")])))
      })
    )

    for (const end of ["ends", "is interrupted"] as const) {
      it.effect(`a turn waits for the one before it on its session until that ${end}; other sessions do not wait`, () =>
        Effect.gen(function* () {
          const first = yield* latched
          const script: Scripted.Script = (request, index) =>
            request.messages.at(-1)?.content === "first" ? first.step : Scripted.reply(`reply ${index}`)
          yield* Effect.gen(function* () {
            const { agent, julep, session } = yield* scene()
            const other = yield* julep.sessions.create({ agent_id: agent.id })
            const one = yield* Effect.fork(chat(session.id, "first"))
            yield* Effect.raceFirst(first.reached, Fiber.join(one))
            const two = yield* Effect.fork(chat(session.id, "second"))
            for (const text of ["third", "fourth"]) yield* chat(other.id, text)
            // Nothing of the second turn has happened, although turns of another session began and ended since.
            expect(yield* historyOf(session.id)).toEqual([["user", "first"]])
            expect(two.unsafePoll()).toBe(null)
            yield* end === "ends" ? first.go : Fiber.interrupt(one)
            expect(messageText(yield* Fiber.join(two))).toBe("reply 3")
            expect(yield* historyOf(session.id)).toEqual([
              ["user", "first"],
              ...(end === "ends" ? [["assistant", "late"]] : []),
              ["user", "second"],
              ["assistant", "reply 3"]
            ])
          }).pipe(Effect.provide(mode(script)))
        })
      )
    }

    it.effect("turns at the same time on one session are all recorded, each message once", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const texts = Array.from({ length: 10 }, (_, index) => `message ${index}`)
        yield* Effect.forEach(texts, (text) => chat(session.id, text), { concurrency: "unbounded" })
        const history = yield* historyOf(session.id)
        expect(
          history
            .filter(([role]) => role === "user")
            .map(([, text]) => text)
            .sort()
        ).toEqual(texts)
        expect(history.filter(([role]) => role === "assistant")).toHaveLength(10)
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a defect of the model is a ServerError without its details", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const failed = yield* failure(chat(session.id, "Hello"))
        expect(failed).toMatchObject({ _tag: "ServerError", status: 500 })
        expect(JSON.stringify(failed)).not.toContain("kaboom")
        expect(yield* historyOf(session.id)).toEqual([["user", "Hello"]])
      }).pipe(Effect.provide(mode([() => Effect.dieMessage("kaboom")])))
    )
  })
