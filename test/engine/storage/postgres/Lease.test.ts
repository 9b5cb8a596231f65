import { SqlError } from "@effect/sql/SqlError"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Lease from "../../../../src/engine/storage/postgres/Lease.js"
import { soon } from "../../../support/latches.js"

/** The milliseconds that a lease lasts. */
const LASTS = 15_000

const lost = new SqlError({ cause: new Error("Connection terminated unexpectedly") })

/** A lease whose scope cannot be interrupted, as that of a turn. `renew` says what each renewal answers. */
const kept = (renew: (attempt: number) => Effect.Effect<boolean, SqlError>) =>
  Effect.gen(function* () {
    const attempts: Array<number> = []
    const releases: Array<string> = []
    const scope = yield* Scope.make()
    const lease = Lease.keep(
      {
        renew: Effect.flatMap(Clock.currentTimeMillis, (now) => renew(attempts.push(now))),
        release: Effect.sync(() => releases.push("released"))
      },
      LASTS
    )
    yield* Effect.uninterruptible(Scope.extend(lease, scope))
    return { attempts, releases, end: soon("the scope closes at once")(Scope.close(scope, Exit.void)) }
  })

describe("a lease", () => {
  it.effect("is renewed for as long as its scope is open, and released with it at once", () =>
    Effect.gen(function* () {
      const { attempts, end, releases } = yield* kept(() => Effect.succeed(true))
      yield* TestClock.adjust("1 minute")
      expect(attempts).toEqual(Array.from({ length: 12 }, (_, index) => (index + 1) * 5000))
      expect(releases).toEqual([])
      yield* end
      expect(releases).toEqual(["released"])
      yield* TestClock.adjust("1 minute")
      expect(attempts).toHaveLength(12)
    })
  )

  it.effect("is not renewed any more once another process has it", () =>
    Effect.gen(function* () {
      const { attempts, end } = yield* kept((attempt) => Effect.succeed(attempt < 2))
      yield* TestClock.adjust("1 minute")
      expect(attempts).toEqual([5000, 10_000])
      yield* end
    })
  )

  it.effect("outlives two renewals that fail, or get no answer", () =>
    Effect.gen(function* () {
      for (const failure of [Effect.fail(lost), Effect.uninterruptible(Effect.never), Effect.never]) {
        const { attempts, end } = yield* kept((attempt) => (attempt <= 2 ? failure : Effect.succeed(true)))
        const start = yield* Clock.currentTimeMillis
        yield* TestClock.adjust("1 minute")
        expect(attempts.length).toBeGreaterThan(10)
        expect((attempts[2] ?? Number.POSITIVE_INFINITY) - start).toBeLessThan(LASTS)
        yield* end
      }
    })
  )

  it.effect("is released at once while a renewal gets no answer", () =>
    Effect.gen(function* () {
      const { attempts, end, releases } = yield* kept(() => Effect.uninterruptible(Effect.never))
      yield* TestClock.adjust("6 seconds")
      expect(attempts).toHaveLength(1)
      yield* end
      expect(releases).toEqual(["released"])
    })
  )
})
