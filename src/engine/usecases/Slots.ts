import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"

/** Runs an effect once it has a slot. */
export type Slots = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/**
 * Lets `count` effects run at a time, first come, first served. Hundreds may wait: Effect's semaphore wakes all of them for
 * each that ends.
 */
export const make = (count: number): Effect.Effect<Slots> =>
  Effect.gen(function* () {
    const free = yield* Queue.bounded<void>(count)
    yield* Queue.offerAll(free, Array.from({ length: count }))
    return (effect) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(Queue.take(free)), () => Effect.ensuring(restore(effect), Queue.offer(free, undefined)))
      )
  })
