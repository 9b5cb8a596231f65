import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../../schema/Field.js"
import type { SearchLimits } from "../../ports/Storage.js"
import type { QueryTerm } from "../../text/Words.js"
import type { Raw } from "../Columns.js"
import { wanted } from "../MetadataFilter.js"
import { passageExists } from "./Purge.js"

/** The full-text indexes. */
export type Index = "passages_fts" | "recall_fts"

/** Row ids of `recall_fts` from this number on are memories; lower ones are turns. */
export const MEMORIES = 1_000_000_000_000_000

/** Up to how many members of a filter are searched one by one: to read all members of a row costs as much. */
const MAX_SEARCHES = 8

/** A word that so many rows contain as it is, is not searched in its other forms. */
const MANY = 500

/** The kinds of rows that a search for terms finds. */
export type Kind = "passages" | "turns" | "memories"

interface Indexed {
  readonly index: Index
  /** The condition that the rows of this kind meet in the index. */
  readonly rows: string
  /** The suffix of the owner's own term. */
  readonly mark: string
}

/** How each kind is indexed. */
export const kinds: Readonly<Record<Kind, Indexed>> = {
  passages: { index: "passages_fts", rows: passageExists, mark: "" },
  turns: { index: "recall_fts", rows: `rowid < ${MEMORIES}`, mark: "" },
  memories: { index: "recall_fts", rows: `rowid >= ${MEMORIES}`, mark: "." }
}

const bytesOf = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)

/** A vector as a hexadecimal text, for a list of rows in JSON. */
export const hexOf = (vector: Float32Array): string => Buffer.from(bytesOf(vector)).toString("hex")

/** The SQL that differs between databases: only SQLite so far, others by `sql.onDialectOrElse`. */
export const make = Effect.map(SqlClient.SqlClient, (sql) => {
  const nothing = sql``
  /**
   * The terms without their owner, which comes first, as a JSON list; beside a beginning of a word also the word, and `null`
   * beside others.
   */
  const suffixes = (terms: ReadonlyArray<QueryTerm>) =>
    JSON.stringify(
      terms.map(({ prefix, stem, word }) => [
        `${stem}"${prefix ? " *" : ""}`,
        prefix && stem !== word ? `${word}"` : null
      ])
    )
  const withOwners = (owners: Fragment, among: Fragment | undefined) =>
    sql`WITH owners(owner) AS MATERIALIZED (${owners})${
      among === undefined ? nothing : sql`, among(seq) AS MATERIALIZED (${among})`
    }`
  /** Keeps to the row ids of `among`. The plus keeps SQLite from running the search once for each of them. */
  const isAmong = (among: Fragment | undefined) =>
    among === undefined ? nothing : sql`AND +rowid IN (SELECT seq FROM among)`
  /** An FTS5 query for a term of any of the owners; without owners, for a term that no row has. */
  const matching = (suffix: string): Fragment =>
    sql.literal(`(SELECT coalesce(group_concat('"' || owner || '.' || ${suffix}, ' OR '), '"."') FROM owners)`)
  const oneTerm = matching("term")

  return {
    /** The conditions that rows with this metadata must meet; `undefined` when no row can. */
    metadata: (filter: JsonObject): ReadonlyArray<Fragment> | undefined => {
      const pairs = wanted(filter)
      // A quote that is not escaped begins or ends an item, so a text that stands in the list as it is, is one of its items.
      if (pairs === undefined || pairs.length <= MAX_SEARCHES)
        return pairs?.map((pair) => sql`instr(findable, ${JSON.stringify(pair)}) > 0`)
      const among = sql`SELECT value FROM json_each(${JSON.stringify(pairs)})`
      return [sql`(SELECT count(*) FROM json_each(findable) WHERE value IN (${among})) = ${pairs.length}`]
    },

    /**
     * Searches one index for terms among the rows of some owners; `owners` selects one `owner` a row, and `among` the row ids
     * that count, if not all do. Returns the number of rows of each kind, and `postings`, a JSON list with the row ids of each
     * term as text, the highest first.
     */
    postings: (
      [kind, ...more]: Arr.NonEmptyReadonlyArray<Kind>,
      owners: Fragment,
      terms: ReadonlyArray<QueryTerm>,
      limits: SearchLimits,
      among?: Fragment
    ) => {
      const { index, rows } = kinds[kind]
      const only = isAmong(among)
      const matches = (match: Fragment, rest: string) =>
        sql`(SELECT rowid FROM ${sql(index)} WHERE ${sql(index)} MATCH ${match} ${only} ${sql.literal(rest)})`
      const counts = [kind, ...more].map((each) => {
        const ofOwners = matching(`'${kinds[each].mark}"'`)
        const counted = `${each === "passages" ? `AND ${rows}` : ""} LIMIT ${limits.rows}`
        return sql`(SELECT count(*) FROM ${matches(ofOwners, counted)}) AS ${sql(each)}`
      })
      // FTS5 reads all rows of all words with a beginning, also where the newest few would do.
      const manyHave = sql`(SELECT count(*) FROM ${matches(matching("word"), `LIMIT ${MANY}`)}) = ${MANY}`
      const highest = `${more.length > 0 ? "" : `AND ${rows}`} ORDER BY rowid DESC LIMIT ${limits.perTerm * counts.length}`
      return sql<Raw>`${withOwners(owners, among)}, searched(key, term) AS MATERIALIZED (
          SELECT key, iif(word IS NOT NULL AND ${manyHave}, word, term) FROM (
            SELECT key, value ->> 0 AS term, value ->> 1 AS word FROM json_each(${suffixes(terms)})))
        SELECT ${sql.join(", ", false)(counts)},
          (SELECT json_group_array(coalesce(row_ids, '')) FROM (
            SELECT (SELECT group_concat(rowid) FROM ${matches(oneTerm, highest)}) AS row_ids
            FROM searched ORDER BY key)) AS postings`
    },

    /**
     * The vector to store for a {@link hexOf} text, `NULL` for `NULL`: one byte a number, because to read four takes three times as long. It
     * changes a cosine by about .001 at most.
     */
    storedVector: (hex: string) => sql.literal(`iif(${hex} IS NULL, NULL, vector8(unhex(${hex})))`),

    /** A stored vector as a JSON list of numbers. */
    numbersOf: (column: string) => sql.literal(`vector_extract(${column})`),

    /** The cosine of a stored vector and this one. */
    similarity: (column: string, vector: Float32Array) =>
      sql`1 - vector_distance_cos(${sql.literal(column)}, vector8(${bytesOf(vector)}))`,

    /** Merges some of the segments that writes leave in an index; each call does a bounded part of the work. */
    compact: (index: Index) => sql`INSERT INTO ${sql(index)} (${sql(index)}, rank) VALUES ('merge', 500)`
  }
})

/** The parts of statements that differ between databases. */
export type Dialect = Effect.Effect.Success<typeof make>
