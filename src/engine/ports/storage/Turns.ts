import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { StorageError } from "../../../schema/StorageErrors.js"

/**
 * Marks what one holder of a lease writes. The number grows with each holder, so the store can refuse what an earlier one
 * writes late.
 */
export interface Fence {
  readonly number: number
}

/** Another process took over what this one did not renew in time. Nothing was written. */
export class LeaseLost extends Data.TaggedError("LeaseLost")<{ readonly message: string }> {}

/**
 * The turns of sessions, of which one runs at a time in all processes that use the store. Where that is one process, which
 * runs them in order, every turn may begin.
 */
export interface Turns {
  /**
   * Begins a turn of a session, if no other process runs one. The turn is held until the scope closes, and is renewed
   * meanwhile. It ends earlier with the last messages that are appended under its fence. Also succeeds for a session that
   * does not exist.
   */
  readonly hold: (
    developer: string,
    session_id: string
  ) => Effect.Effect<Option.Option<Fence>, StorageError, Scope.Scope>
  /** Waits until the turn that another process runs in a session may have ended: about a second at most. */
  readonly wait: (developer: string, session_id: string) => Effect.Effect<void>
}
