import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { ModelError } from "../../../../src/engine/ports/Model.js"
import * as CircuitBreaker from "../../../../src/engine/usecases/recall/CircuitBreaker.js"

/** A breaker, calls that hang, fail at once or succeed, and how many were made. */
const scene = () => {
  const orNone = CircuitBreaker.make(Duration.seconds(3), "Nothing is called")
  const warnings: Array<string> = []
  const logger = Logger.make(({ message }) => warnings.push(String(message)))
  let calls = 0
  const call = (effect: Effect.Effect<number, ModelError>) =>
    Effect.provide(
      orNone(
        Effect.suspend(() =>
          Effect.zipRight(
            Effect.sync(() => void calls++),
            effect
          )
        )
      ),
      Logger.replace(Logger.defaultLogger, logger)
    )
  const hang = Effect.gen(function* () {
    const fiber = yield* Effect.fork(call(Effect.never))
    yield* TestClock.adjust("3 seconds")
    expect(yield* Fiber.join(fiber)).toEqual(Option.none())
  })
  return {
    calls: () => calls,
    fail: call(Effect.fail(new ModelError({ reason: "invalid_request", message: "not this text" }))),
    hang,
    succeed: call(Effect.succeed(1)),
    hangAtOnce: (count: number) =>
      Effect.gen(function* () {
        const fibers = yield* Effect.forEach(Array.from({ length: count }), () => Effect.fork(call(Effect.never)))
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.joinAll(fibers)
      }),
    warnings
  }
}

describe("a circuit breaker", () => {
  it.effect("leaves an endpoint alone that is slow to fail twice in a row, longer each time, and warns once", () =>
    Effect.gen(function* () {
      const { calls, hang, succeed, warnings } = scene()
      yield* hang
      yield* hang
      expect(calls()).toBe(2)
      expect(warnings).toEqual(["Nothing is called: it took longer than 3s"])
      for (const seconds of [30, 60, 120, 240, 300, 300]) {
        const before = calls()
        yield* TestClock.adjust(Duration.millis(1000 * seconds - 1))
        expect(yield* succeed).toEqual(Option.none())
        expect(calls()).toBe(before)
        yield* TestClock.adjust("1 millis")
        yield* hang
        expect(calls()).toBe(before + 1)
      }
      yield* TestClock.adjust("300 seconds")
      expect(yield* succeed).toEqual(Option.some(1))
      yield* hang
      expect(yield* succeed).toEqual(Option.some(1))
      expect(warnings).toHaveLength(2)
    })
  )

  it.effect("asks an endpoint again that fails at once: another text may do", () =>
    Effect.gen(function* () {
      const { calls, fail, succeed } = scene()
      yield* Effect.repeatN(fail, 9)
      expect(calls()).toBe(10)
      expect(yield* succeed).toEqual(Option.some(1))
    })
  )

  it.effect("counts calls that hang at the same time as two", () =>
    Effect.gen(function* () {
      const { hangAtOnce, succeed } = scene()
      yield* hangAtOnce(20)
      expect(yield* succeed).toEqual(Option.none())
      yield* TestClock.adjust("30 seconds")
      expect(yield* succeed).toEqual(Option.some(1))
    })
  )
})
