import type * as Effect from "effect/Effect"
import type { StorageError } from "../../../schema/StorageErrors.js"
import type { QueryTerm } from "../../text/Words.js"
import type { EntryRow, Owner, Postings, SearchLimits, TurnRow } from "../Rows.js"
import type { Page, PageQuery, Result } from "./Table.js"
import type { Fence, LeaseLost } from "./Turns.js"

/** How messages are appended. */
export interface AppendOptions {
  /** Whether other sessions of the agent with its user can recall them. Default: true. */
  readonly shared?: boolean
  /** The fence of the turn that appends them. */
  readonly fence?: Fence | undefined
}

/** The messages of sessions, in the order in which they were appended. */
export interface Entries {
  /**
   * Writes messages and their index rows. False, and nothing written, if there is no such session. Fails, and writes nothing,
   * if another process has taken over the turn of the fence.
   */
  readonly append: (
    developer: string,
    session_id: string,
    rows: ReadonlyArray<EntryRow>,
    options?: AppendOptions
  ) => Effect.Effect<boolean, StorageError | LeaseLost>
  /**
   * Which turns and which memories contain each of these terms. The turns are the session's own and the shared ones of
   * its agent with its user; the memories are the agent's of that user, none where the session has no user.
   */
  readonly find: (
    developer: string,
    session_id: string,
    terms: ReadonlyArray<QueryTerm>,
    limits: SearchLimits
  ) => Result<{ readonly turns: Postings; readonly memories: Postings }>
  /** Of the turns with these row ids those that the session can recall, in any order. */
  readonly turns: (
    developer: string,
    session_id: string,
    rowIds: ReadonlyArray<number>
  ) => Result<ReadonlyArray<TurnRow>>
  /** The row ids of the turns with these message ids, by message id, of those that the session can recall. */
  readonly rowIds: (
    developer: string,
    session_id: string,
    ids: ReadonlyArray<string>
  ) => Result<ReadonlyMap<string, number>>
  readonly list: (
    developer: string,
    session_id: string,
    page: PageQuery & { readonly order: "asc" | "desc" }
  ) => Result<Page<EntryRow>>
  /** The entry with this id and those appended after it, oldest first; none if it was deleted. */
  readonly since: (developer: string, session_id: string, id: string) => Result<ReadonlyArray<EntryRow>>
  /** The entries appended after the one with this id, or all if it is `null`, oldest first. */
  readonly after: (
    developer: string,
    session_id: string,
    id: string | null,
    limit: number
  ) => Result<ReadonlyArray<EntryRow>>
  /**
   * The call with this id, the calls beside it in its reply, and the messages after them through the first of the next
   * reply, oldest first; none if it was deleted.
   */
  readonly calls: (developer: string, session_id: string, id: string) => Result<ReadonlyArray<EntryRow>>
  /** Of the entries with these ids, those that were the source of a memory that was deleted. */
  readonly forgotten: (developer: string, ids: ReadonlyArray<string>) => Result<ReadonlySet<string>>
  /** The entries of a session with these ids, oldest first. */
  readonly at: (developer: string, session_id: string, ids: ReadonlyArray<string>) => Result<ReadonlyArray<EntryRow>>
  /**
   * Marks calls as claimed at `now`; false, and none marked, if one of them is claimed after `before` (at any time if it is
   * `null`) or does not exist.
   */
  readonly claim: (
    developer: string,
    session_id: string,
    ids: ReadonlyArray<string>,
    now: number,
    before: number | null
  ) => Result<boolean>
  /** Removes the mark of a claim that was made at `at`; false, and none removed, if one of the calls has another or none. */
  readonly release: (developer: string, session_id: string, ids: ReadonlyArray<string>, at: number) => Result<boolean>
  /** Marks calls as suspended. */
  readonly suspend: (developer: string, session_id: string, ids: ReadonlyArray<string>) => Result<void>
  /**
   * Marks messages as refused: they stay in history, and no search finds them. Begins a new epoch of the history. Fails as
   * `append` does.
   */
  readonly refuse: (
    developer: string,
    session_id: string,
    ids: ReadonlyArray<string>,
    fence?: Fence
  ) => Effect.Effect<void, StorageError | LeaseLost>
  /**
   * Moves messages to the end of their history, in this order, and removes their marks: they are asked again. Begins a
   * new epoch of the history. A summary through one of them then ends before it. Fails as `append` does.
   */
  readonly moveToEnd: (
    developer: string,
    session_id: string,
    ids: ReadonlyArray<string>,
    fence?: Fence
  ) => Effect.Effect<void, StorageError | LeaseLost>
  readonly clear: (developer: string, session_id: string) => Result<void>
  /**
   * Deletes 2,000 messages of a session, or of the sessions of an agent or a user, the oldest of each session first.
   * False, and nothing deleted, if there are not more than that.
   */
  readonly trim: (
    developer: string,
    of: { readonly kind: "session" | Owner["kind"]; readonly id: string }
  ) => Result<boolean>
}
