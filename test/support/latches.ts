/** Latches between a test and what it waits for: what must happen is awaited, with a bound, and never slept for. */
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

/** Opened once, by a callback of Node or by an effect; how often it is opened again does not matter. */
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

/** Longer than anything takes that happens at all. */
const BOUND = "8 seconds"
const realClock = Clock.make()

/** Fails a test that would otherwise wait for ever. The bound is of real time, also where a test has a clock of its own. */
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

/** Asks again until the answer will do. */
export const until = <A, E, R>(
  what: string,
  ask: Effect.Effect<A, E, R>,
  enough: (answer: A) => boolean
): Effect.Effect<A, E, R> => soon(what)(Effect.repeat(Effect.zipLeft(ask, Effect.yieldNow()), { until: enough }))

const turnOfTheEventLoop = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/**
 * Joins a fiber that is waiting for a time limit, while its IO is real: moves the test's clock on by the limit as often
 * as something sleeps for no longer than that. The limit begins when it begins, however slow the machine is.
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
