import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { StorageError } from "../../../schema/StorageErrors.js"
import type { EntryRow, MemoryRow, Participants } from "../Rows.js"

/**
 * Marks what one holder of a lease writes. The number grows with each holder, so the store can refuse what an earlier one
 * writes late.
 */
export interface Fence {
  readonly number: number
}

/** Another process took over what this one did not renew in time. Nothing was written. */
export class LeaseLost extends Data.TaggedError("LeaseLost")<{ readonly message: string }> {}

/** A turn that has begun, and what it reads first. */
export interface BegunTurn {
  readonly fence: Fence
  /** None if there is no such session. */
  readonly participants: Option.Option<Participants>
}

/** What a turn leaves when it ends. */
export interface FinishedTurn {
  /** The messages of its reply; none where the turn is not recorded. */
  readonly entries: ReadonlyArray<EntryRow>
  /** Whether other sessions of the agent with its user can recall them. */
  readonly shared: boolean
  /** The message that they reply to: nothing is written if it does not exist. `null`: none is looked for. */
  readonly answers: string | null
  readonly fence: Fence
  /** When it ended. */
  readonly at: number
  /** The ids of memories that were accessed then. */
  readonly accessed: ReadonlyArray<string>
  /** Memories of the session's agent and user, written as `Memories.remember` does. */
  readonly memories: ReadonlyArray<MemoryRow>
  /** Whether what follows writes more. If not, it does not use the store. */
  readonly writesMore: boolean
}

/**
 * The turns of sessions, of which one runs at a time in all processes that use the store. Where that is one process, which
 * runs them in order, every turn may begin.
 */
export interface Turns {
  /**
   * Begins a turn of a session, if no other process runs one. The turn is held until the scope closes, and is renewed
   * meanwhile. It ends earlier with what it leaves. Also succeeds for a session that does not exist.
   */
  readonly hold: (
    developer: string,
    session_id: string
  ) => Effect.Effect<Option.Option<Fence>, StorageError, Scope.Scope>
  /** {@link Turns.hold}, and `Sessions.participants` as the turns before have left them. */
  readonly begin: (
    developer: string,
    session_id: string,
    known?: string
  ) => Effect.Effect<Option.Option<BegunTurn>, StorageError, Scope.Scope>
  /**
   * Writes what a turn leaves, and runs what follows: in the same transaction, if it writes more. The next turn may begin once
   * that is committed. None, and nothing written or run, if there is no such session, or no message that the turn answers. Fails,
   * and writes nothing, if another process has taken over the turn.
   */
  readonly finish: <A, E, R>(
    developer: string,
    session_id: string,
    turn: FinishedTurn,
    following: Effect.Effect<A, E, R>
  ) => Effect.Effect<Option.Option<A>, E | StorageError | LeaseLost, R>
  /** Waits until the turn that another process runs in a session may have ended: about a second at most. */
  readonly wait: (developer: string, session_id: string) => Effect.Effect<void>
}
