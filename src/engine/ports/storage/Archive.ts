import type { ArchivedEntry, MovedKind, MovedRows } from "../Rows.js"
import type { Result } from "./Table.js"

/** Rows on their way out of a store and into another one. */
export interface Archive {
  /** Who has rows. */
  readonly developers: Result<ReadonlyArray<string>>
  /** How many rows of a kind a developer has. */
  readonly count: (kind: MovedKind, developer: string) => Result<number>
  /** The sequence number of the last row of a kind, of any developer; 0 if there is none. */
  readonly last: (kind: MovedKind) => Result<number>
  /**
   * The rows of a kind in the order of insertion, after one sequence number, up to and including another. If the page is
   * full, `next` is the sequence number of its last row.
   */
  readonly list: <Kind extends MovedKind>(
    kind: Kind,
    developer: string,
    page: { readonly after: number; readonly through: number; readonly limit: number }
  ) => Result<{ readonly rows: ReadonlyArray<MovedRows[Kind]>; readonly next: number | undefined }>
  /** The rows with these ids, in any order, whatever they belong to. */
  readonly find: <Kind extends MovedKind>(
    kind: Kind,
    developer: string,
    ids: ReadonlyArray<string>
  ) => Result<ReadonlyArray<MovedRows[Kind]>>
  /** Writes a message after those of its session, as it was; false, and nothing written, if there is no such session. */
  readonly append: (developer: string, entry: ArchivedEntry) => Result<boolean>
}

/** The kinds of rows that expire, each with a number. */
export interface Prunable {
  readonly replies: number
  readonly jobs: number
  readonly memories: number
}

/** A session of a developer. */
export interface SessionId {
  readonly developer: string
  readonly id: string
}

/** What is no longer needed: replies stored by then, jobs that had ended by then, memories not made or recalled since. */
export interface Cleanup {
  readonly count: (before: { readonly [Kind in keyof Prunable]: number | null }) => Result<Prunable>
  /** Deletes some rows of a kind, and returns their number. */
  readonly remove: (kind: keyof Prunable, before: number, limit: number) => Result<number>
  /**
   * Looks through some sessions, in the order of their ids: those behind `after`, or the first. Returns those that were last
   * changed, and have their last message, before this time; `next` is where the others begin.
   */
  readonly sessions: (
    before: number,
    after: SessionId | undefined
  ) => Result<{
    readonly found: ReadonlyArray<SessionId>
    readonly next: SessionId | undefined
  }>
  /** Takes up less room: a bounded part of the work, or, with `whole`, all of it, while nothing else can use the store. */
  readonly compact: (whole: boolean) => Result<void>
}
