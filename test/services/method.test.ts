import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { method } from "../../src/services/method.js"

const failing = method("Julep.test.fail")((reason: string) => Effect.fail(new Error(reason)))

describe("a method of a manager", () => {
  it.effect("names the place that called it in the pretty error", () =>
    Effect.gen(function* () {
      const cause = yield* Effect.flip(Effect.sandbox(failing("no")))
      expect(Cause.pretty(cause)).toContain(`at Julep.test.fail (${fileURLToPath(import.meta.url)}:`)
    })
  )

  it.effect("leaves the limit of stack traces as it is, also where it cannot be changed", () =>
    Effect.gen(function* () {
      const before = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")
      expect(before?.value).toBeGreaterThan(2)
      yield* Effect.ignore(failing("no"))
      expect(Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")).toEqual(before)
      Object.defineProperty(Error, "stackTraceLimit", { value: 10, writable: false, configurable: true })
      const reason = Effect.flip(failing("no")).pipe(
        Effect.ensuring(Effect.sync(() => Object.defineProperty(Error, "stackTraceLimit", { ...before })))
      )
      expect((yield* reason).message).toBe("no")
    })
  )

  it.effect("runs its body again each time that its effect runs", () =>
    Effect.gen(function* () {
      let runs = 0
      const counted = method("Julep.test.count")(() => Effect.succeed(++runs))()
      expect([yield* counted, yield* counted]).toEqual([1, 2])
    })
  )

  it.effect("dies of what its body throws", () =>
    Effect.gen(function* () {
      const throwing = method("Julep.test.throw")((): Effect.Effect<never> => {
        throw new Error("thrown")
      })
      const cause = yield* Effect.flip(Effect.sandbox(throwing()))
      expect(Cause.isDie(cause)).toBe(true)
      expect(Cause.pretty(cause)).toContain("thrown")
    })
  )
})
