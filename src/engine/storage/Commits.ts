import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** Runs effects after commits. Each driver provides it. */
export class Commits extends Context.Tag("effect-julep/Commits")<Commits, Commits.Service>() {}

export declare namespace Commits {
  /** The interface behind {@link Commits}. */
  export interface Service {
    /**
     * Runs `effect` when the writes of this fiber are committed: at once outside a transaction, otherwise right after the
     * outermost commit, in order of registration, and never if the transaction, or the nested transaction that
     * registered it, rolls back. The effect runs outside the transaction and cannot be interrupted, so keep it short. A
     * defect in it is logged, because the commit stands.
     */
    readonly afterCommit: (effect: Effect.Effect<void>) => Effect.Effect<void>
  }
}
