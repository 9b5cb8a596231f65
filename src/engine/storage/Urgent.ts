import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Whether a statement takes the next free connection, before those that wait already. */
export class Urgent extends Context.Reference<Urgent>()("effect-julep/storage/Urgent", {
  defaultValue: (): boolean => false
}) {}

/** For short statements alone that renew a lease: where the pool is exhausted, they would come too late. */
export const urgently = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, Urgent, true)
