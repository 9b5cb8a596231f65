import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Slots from "../../../src/engine/usecases/Slots.js"

const settled = Effect.repeatN(Effect.yieldNow(), 20)

describe("slots", () => {
  it.effect("let so many run at a time, in the order in which they came", () =>
    Effect.gen(function* () {
      const slots = yield* Slots.make(2)
      const begun: Array<number> = []
      const ends = yield* Effect.forEach([0, 1, 2, 3, 4], () => Deferred.make<void>())
      const fibers = yield* Effect.forEach(ends, (end, index) =>
        Effect.fork(
          slots(
            Effect.zipRight(
              Effect.sync(() => begun.push(index)),
              Deferred.await(end)
            )
          )
        )
      )
      yield* settled
      expect(begun).toEqual([0, 1])
      // One that is interrupted while it waits takes no slot, and one that is interrupted while it runs leaves its own.
      yield* Fiber.interruptAll([fibers[2], fibers[0]].flatMap((fiber) => fiber ?? []))
      yield* settled
      expect(begun).toEqual([0, 1, 3])
      for (const end of ends) yield* Deferred.succeed(end, undefined)
      yield* Effect.forEach(fibers, Fiber.await)
      expect(begun).toEqual([0, 1, 3, 4])
    })
  )

  it.effect("come free where an effect fails", () =>
    Effect.gen(function* () {
      const slots = yield* Slots.make(1)
      for (const _ of [1, 2, 3]) expect(yield* Effect.flip(slots(Effect.fail("a failure")))).toBe("a failure")
    })
  )
})
