import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { StorageError } from "../../../schema/StorageErrors.js"
import type { KeptReply } from "../Rows.js"
import type { LeaseLost } from "./Turns.js"

/** What the store has under an idempotency key. */
export type Claim =
  /** The reply of an attempt. */
  | { readonly _tag: "Kept"; readonly reply: KeptReply }
  /** Nothing: an attempt of the caller may run, and `holder` names it. */
  | { readonly _tag: "Claimed"; readonly holder: string }
  /** An attempt of another process, which still runs. */
  | { readonly _tag: "Running" }

/** The replies that are kept under idempotency keys, and the attempts that other processes wait for. */
export interface Replies {
  /**
   * Claims a key for an attempt, unless there is a reply that was kept after `expired`, or another process has claimed it.
   * The claim is held until the scope closes, and is renewed meanwhile. Attempts of the same process are for the caller to
   * keep apart.
   */
  readonly claim: (
    developer: string,
    route: string,
    key: string,
    expired: number
  ) => Effect.Effect<Claim, StorageError, Scope.Scope>
  /** Waits until the attempt of another process under a key may have ended: about a second at most. */
  readonly wait: (developer: string, route: string, key: string) => Effect.Effect<void>
  /**
   * Stores the reply of an attempt, and deletes those of all developers that are older than `expired`. A reply is deleted
   * with the agent, user or session of its route, or with the one that it reports as created; the history of a session
   * takes its replies with it. It joins the transaction of the caller, if there is one, so that work and reply are
   * committed together. Fails, and writes nothing, if another process has taken over the key.
   */
  readonly put: (
    developer: string,
    route: string,
    key: string,
    holder: string,
    reply: KeptReply,
    expired: number
  ) => Effect.Effect<void, StorageError | LeaseLost>
}
