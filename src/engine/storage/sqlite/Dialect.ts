import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../../schema/Field.js"
import { MANY, MOST } from "../../ports/Storage.js"
import type { Asked } from "../../text/Words.js"
import type { Raw } from "../Columns.js"
import { wanted } from "../Metadata.js"

/** The full-text indexes. */
export type Index = "passages_fts" | "recall_fts"

/** The rows of an index that are memories begin with this number; those before are turns. */
export const MEMORIES = 1_000_000_000_000_000

/** What is found by its words. */
export type Kind = "passages" | "turns" | "memories"

interface Indexed {
  readonly index: Index
  /** Which rows of the index are of the kind. */
  readonly rows: string
  /** What follows the owner in the owner's own term. */
  readonly mark: string
  /** They are counted up to this number. */
  readonly counted: number
}

/** How each kind is indexed. */
export const kinds: Readonly<Record<Kind, Indexed>> = {
  passages: { index: "passages_fts", rows: "rowid > 0", mark: "", counted: 10_000 },
  turns: { index: "recall_fts", rows: `rowid < ${MEMORIES}`, mark: "", counted: MANY },
  memories: { index: "recall_fts", rows: `rowid >= ${MEMORIES}`, mark: ".", counted: MANY }
}

/** What differs between databases; only SQLite so far, others by `sql.onDialectOrElse`. */
export const make = Effect.map(SqlClient.SqlClient, (sql) => {
  /** The ends of terms, whose beginning is an owner. */
  const ends = (asked: ReadonlyArray<Asked>) =>
    JSON.stringify(asked.map(({ begins, stem }) => `${stem}"${begins ? " *" : ""}`))
  const ownersAs = (owners: Fragment) => sql`WITH owners(owner) AS MATERIALIZED (${owners})`
  /** A query of an index for terms of any of the owners; without owners, for a term that no row has. */
  const terms = (end: string, from: string): Fragment =>
    sql.literal(`(SELECT coalesce(group_concat('"' || owner || '.' || ${end}, ' OR '), '"."') FROM ${from})`)
  const ofWord = terms("value", "owners")
  const ofWords = terms("value", "owners, words, json_each(ends)")

  return {
    /** The conditions that rows with this metadata must meet; `undefined` when no row can. */
    metadata: (filter: JsonObject): ReadonlyArray<Fragment> | undefined =>
      wanted(filter)?.map((pair) => sql`EXISTS (SELECT 1 FROM json_each(findable) WHERE value = ${pair})`),

    /**
     * A query of one index for how many rows of each kind these owners (one `owner` a row) have, up to a limit, and, as a
     * JSON list of texts, for the places of each word among them, the highest first.
     */
    places: ([kind, ...more]: Arr.NonEmptyReadonlyArray<Kind>, owners: Fragment, asked: ReadonlyArray<Asked>) => {
      const { index, rows } = kinds[kind]
      const having = (match: Fragment, rest: string) =>
        sql`(SELECT rowid FROM ${sql(index)} WHERE ${sql(index)} MATCH ${match} ${sql.literal(rest)})`
      const counts = [kind, ...more].map((each) => {
        const { counted, mark } = kinds[each]
        return sql`(SELECT count(*) FROM ${having(terms(`'${mark}"'`, "owners"), `LIMIT ${counted}`)}) AS ${sql(each)}`
      })
      const highest = `${more.length > 0 ? "" : `AND ${rows}`} ORDER BY rowid DESC LIMIT ${MOST * counts.length}`
      return sql<Raw>`${ownersAs(owners)}
        SELECT ${sql.join(", ", false)(counts)},
          (SELECT json_group_array(coalesce(places, '')) FROM (
            SELECT (SELECT group_concat(rowid) FROM ${having(ofWord, highest)}) AS places
            FROM json_each(${ends(asked)}))) AS places`
    },

    /** A query for the passages of these owners that have most of these words: one in a title says more than in the text. */
    best: (owners: Fragment, asked: ReadonlyArray<Asked>, limit: number) =>
      sql<Raw>`${ownersAs(owners)}, words(ends) AS (SELECT ${ends(asked)})
        SELECT rowid AS place FROM passages_fts
        WHERE passages_fts MATCH ${ofWords}
        ORDER BY bm25(passages_fts, 2, 1), rowid LIMIT ${limit}`,

    /** Merges the segments that writes leave in an index, a bounded part of the work at a time. */
    compact: (index: Index) => sql`INSERT INTO ${sql(index)} (${sql(index)}, rank) VALUES ('merge', 500)`,

    /** The items of two columns of JSON lists, each once, the first list's first. */
    union: (first: Fragment, second: Fragment): Fragment => sql`(SELECT json_group_array(value) FROM (
        SELECT value FROM json_each(${first}) UNION ALL
        SELECT value FROM json_each(${second}) WHERE value NOT IN (SELECT value FROM json_each(${first}))))`
  }
})

/** The parts of statements that differ between databases. */
export type Dialect = Effect.Effect.Success<typeof make>
