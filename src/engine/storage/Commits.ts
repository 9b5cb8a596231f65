import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/**
 * Tells when a transaction is durable. Any driver can provide it: nothing here is about libSQL.
 */
export class Commits extends Context.Tag("effect-julep/Commits")<Commits, Commits.Service>() {}

export declare namespace Commits {
  /** The interface behind {@link Commits}. */
  export interface Service {
    /**
     * Runs `effect` once what this fiber has written is committed: at once outside a transaction, otherwise right after
     * the outermost commit, in order of registration, and never if the transaction, or the nested transaction that
     * registered it, rolls back. It runs outside the transaction and cannot be interrupted, so keep it short (wake
     * something); a defect in it is logged, because the commit stands.
     */
    readonly afterCommit: (effect: Effect.Effect<void>) => Effect.Effect<void>
  }
}
