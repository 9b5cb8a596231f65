/** Latches for tests: a test awaits an event, with a bound, and never sleeps for it. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"

/** Opens once, from a callback or an effect; opening it again has no effect. */
export interface Latch<A> {
  readonly open: (value: A) => void
  readonly isOpen: () => boolean
  readonly opened: Effect.Effect<A>
}

export const latch = <A = void>(): Latch<A> => {
  const deferred = Deferred.unsafeMake<A>(FiberId.none)
  let open = false
  return {
    open: (value) => {
      open = true
      Deferred.unsafeDone(deferred, Exit.succeed(value))
    },
    isOpen: () => open,
    opened: Deferred.await(deferred)
  }
}

/** Longer than any awaited event takes. */
const BOUND = "15 seconds"
const realClock = Clock.make()

/** Fails a test that would otherwise wait forever. The bound is in real time, also under `TestClock`. */
export const soon =
  (what: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.raceFirst(
      effect,
      Effect.zipRight(
        Effect.withClock(Effect.sleep(BOUND), realClock),
        Effect.dieMessage(`not within ${BOUND}: ${what}`)
      )
    )

/** Lets sockets and timers of Node make progress. */
const turnOfTheEventLoop = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Repeats an effect until its result satisfies a predicate. */
export const until = <A, E, R>(
  what: string,
  ask: Effect.Effect<A, E, R>,
  enough: (answer: A) => boolean
): Effect.Effect<A, E, R> => soon(what)(Effect.repeat(Effect.zipLeft(ask, turnOfTheEventLoop), { until: enough }))

/**
 * Joins a fiber whose IO is real and that ends at a time limit. Advances `TestClock` by the limit whenever something
 * sleeps for at most that long, so the limit starts only once the fiber waits for it, however slow the machine is.
 */
export const joinAfter =
  (limit: Duration.DurationInput) =>
  <A, E>(fiber: Fiber.RuntimeFiber<A, E>): Effect.Effect<A, E> =>
    Effect.gen(function* () {
      while (Option.isNone(yield* Fiber.poll(fiber))) {
        yield* turnOfTheEventLoop
        const now = yield* Clock.currentTimeMillis
        const end = now + Duration.toMillis(limit)
        const wakeUps = yield* TestClock.sleeps()
        if (Chunk.some(wakeUps, (at) => at > now && at <= end)) yield* TestClock.adjust(limit)
      }
      return yield* Fiber.join(fiber)
    }).pipe(soon("an end at a time limit"))

/** The milliseconds since `start`, of the clock of this process. */
export const since = (start: number): number => Math.round((performance.now() - start) * 10) / 10
