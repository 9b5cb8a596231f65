/** Latches between a test and what it waits for: what must happen is awaited, with a bound, and never slept for. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"

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

/** Longer than anything takes that happens at all. Of the real clock: for `it.live` alone. */
const BOUND = "8 seconds"

/** Fails a live test that would otherwise wait for ever. */
export const soon =
  (what: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.timeoutFail(effect, { duration: BOUND, onTimeout: () => new Error(`not in ${BOUND}: ${what}`) }).pipe(
      Effect.catchAll((error) =>
        error instanceof Error && error.message.startsWith("not in ") ? Effect.die(error) : Effect.fail(error as E)
      )
    )

/** Asks again until the answer will do. */
export const until = <A, E, R>(
  what: string,
  ask: Effect.Effect<A, E, R>,
  enough: (answer: A) => boolean
): Effect.Effect<A, E, R> => soon(what)(Effect.repeat(Effect.zipLeft(ask, Effect.yieldNow()), { until: enough }))

/** The milliseconds since `start`, of the clock of this process. */
export const since = (start: number): number => Math.round((performance.now() - start) * 10) / 10
