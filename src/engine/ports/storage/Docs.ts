import type * as Option from "effect/Option"
import type { JsonObject } from "../../../schema/Field.js"
import type { QueryTerm } from "../../text/Words.js"
import type { DocRow, DocSource, Owner, Passage, Postings, SearchLimits } from "../Rows.js"
import type { ListQuery, Page, Result } from "./Table.js"

/** Docs and their passages. */
export interface Docs {
  /** Writes a doc, its first passages and their index rows: all passages of a short doc. */
  readonly insert: (developer: string, row: DocRow, passages: ReadonlyArray<string>) => Result<void>
  /** What the passages of a doc are made of. */
  readonly source: (developer: string, id: string) => Result<Option.Option<DocSource>>
  /**
   * Writes the passages of a doc from a position on and their index rows, without those that are written already. False,
   * and nothing written, if there is no such doc.
   */
  readonly append: (
    developer: string,
    doc: Pick<DocRow, "id" | "title">,
    position: number,
    passages: ReadonlyArray<string>
  ) => Result<boolean>
  readonly get: (developer: string, owner: Owner, id: string) => Result<Option.Option<DocRow>>
  /** Reads the doc of a key to replace it: see `Table.getForUpdate`. */
  readonly byKey: (developer: string, owner: Owner, key: string) => Result<Option.Option<DocRow>>
  readonly list: (developer: string, owner: Owner, query: ListQuery) => Result<Page<DocRow>>
  readonly remove: (developer: string, owner: Owner, id: string) => Result<boolean>
  /**
   * Reads the next keys of an owner's docs after this one, up to the limit, and deletes those that are not to be kept.
   * Returns the deleted keys, and the last key that was read where more may follow. Begin with the empty text.
   */
  readonly prune: (
    developer: string,
    owner: Owner,
    keep: ReadonlySet<string>,
    after: string,
    limit: number
  ) => Result<{ readonly deleted: ReadonlyArray<string>; readonly last: Option.Option<string> }>
  /**
   * Which passages of these owners contain each of these terms, in text or title. A metadata filter, as in lists, leaves
   * only the passages of the docs that match it; the others are not counted either.
   */
  readonly find: (
    developer: string,
    owners: ReadonlyArray<Owner>,
    terms: ReadonlyArray<QueryTerm>,
    limits: SearchLimits,
    metadata_filter?: JsonObject
  ) => Result<Postings>
  /** The passages with these row ids, in any order. */
  readonly at: (developer: string, rowIds: ReadonlyArray<number>) => Result<ReadonlyArray<Passage>>
}
