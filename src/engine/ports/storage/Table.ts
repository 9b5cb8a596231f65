import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { JsonObject } from "../../../schema/Field.js"
import type { StorageError } from "../../../schema/StorageErrors.js"

/** Where a row stands in the order of a list: the time that the list is sorted by, and the sequence that decides ties. */
export interface Cursor {
  readonly at: number
  readonly seq: number
}

/** Which rows of a list to read: those behind a position, which may be that of a row that was deleted, less an offset. */
export interface PageQuery {
  readonly limit: number
  readonly offset: number
  readonly after?: Cursor | undefined
}

/** Rows of a list; `next` is the position of the last one where the page is full. */
export interface Page<Row> {
  readonly rows: ReadonlyArray<Row>
  readonly next: Cursor | undefined
}

/** A page of a list. Items are ordered by creation (`created_at`) or by last change, ties by a monotonic sequence. */
export interface ListQuery extends PageQuery {
  readonly order: "asc" | "desc"
  readonly sort_by: "created_at" | "updated_at"
  /** Top-level keys that must be equal: strings, numbers, booleans, whole objects. Lists and `null` match nothing. */
  readonly metadata_filter: JsonObject
}

/** An operation of the store. */
export type Result<A> = Effect.Effect<A, StorageError>

/** The operations that agents, users and sessions have in common. A call sees the rows of its developer only. */
export interface Table<Row> {
  readonly insert: (developer: string, row: Row) => Result<void>
  readonly get: (developer: string, id: string) => Result<Option.Option<Row>>
  /** Reads a row that the transaction of the caller will change: until its end, no other transaction changes it. */
  readonly getForUpdate: (developer: string, id: string) => Result<Option.Option<Row>>
  /** Whether the row exists. It is not read. */
  readonly exists: (developer: string, id: string) => Result<boolean>
  /** Whether the row exists. If it does, no other transaction deletes it before that of the caller ends: rows may refer to it. */
  readonly existsForShare: (developer: string, id: string) => Result<boolean>
  readonly list: (developer: string, query: ListQuery) => Result<Page<Row>>
  /** Writes every column of the row with this id. */
  readonly update: (developer: string, row: Row) => Result<void>
  /** Deletes the row and everything that belongs to it; false if there was none. */
  readonly remove: (developer: string, id: string) => Result<boolean>
}
