import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../schema/Field.js"
import { MANY } from "../ports/Storage.js"
import type { Asked } from "../ports/Words.js"
import { wanted } from "./Metadata.js"
import type { Raw } from "./Rows.js"

/** At most so many rows of a word are found, those with the highest numbers: what more rows have tells little. */
const MOST = 2000

/** So many rows of docs are counted. */
const MOST_OF_DOCS = 10_000

/** The full-text indexes. */
export type Index = "passages_fts" | "entries_fts" | "memories_fts"

/** What differs between databases; only SQLite so far, others by `sql.onDialectOrElse`. */
export const make = Effect.map(SqlClient.SqlClient, (sql) => {
  /** The ends of terms, whose beginning is an owner. */
  const ends = (asked: ReadonlyArray<Asked>) =>
    JSON.stringify(asked.map(({ begins, stem }) => `${stem}"${begins ? " *" : ""}`))
  /** A query of an index for terms of any of the owners; without owners, for a term that no row has. */
  const terms = (end: string, from: string) =>
    sql.literal(`(SELECT coalesce(group_concat('"' || owner || '.' || ${end}, ' OR '), '"."') FROM ${from})`)
  const ofOwners = terms(`'"'`, "owners")
  const ofWord = terms("value", "owners")
  /** The rows of an index that hold any of these terms. */
  const holding = (index: Index, match: Fragment, limit: number, order = sql``) =>
    sql`(SELECT rowid FROM ${sql(index)} WHERE ${sql(index)} MATCH ${match} ${order} LIMIT ${sql.literal(`${limit}`)})`
  const rows = (index: Index, most: number) => sql`(SELECT count(*) FROM ${holding(index, ofOwners, most)}) AS rows`
  const highestFirst = sql`ORDER BY rowid DESC`

  return {
    /** The conditions that rows with this metadata must meet; `undefined` when no row can. */
    metadata: (filter: JsonObject): ReadonlyArray<Fragment> | undefined =>
      wanted(filter)?.map((pair) => sql`EXISTS (SELECT 1 FROM json_each(findable) WHERE value = ${pair})`),

    /**
     * A query for how many rows of these owners (one `owner` a row) an index has, up to {@link MANY}, and, as a JSON list
     * of texts, for the places of each word among them, the highest first.
     */
    places: (index: Index, owners: Fragment, asked: ReadonlyArray<Asked>) =>
      sql<Raw>`WITH owners(owner) AS MATERIALIZED (${owners})
        SELECT ${rows(index, MANY)}, (SELECT json_group_array(coalesce(places, '')) FROM (
          SELECT (SELECT group_concat(rowid) FROM ${holding(index, ofWord, MOST, highestFirst)}) AS places
          FROM json_each(${ends(asked)}))) AS places`,

    /**
     * A query for how many passages of these owners there are, how many have each word (a JSON list), and the best of
     * those that have some of the words: `hits` of a row's `seq` and a `score`, higher for a better match. Passages are
     * ranked by the rarest words, as many as a bounded number of rows has: these rows have the common words, too. A word
     * in a title says more than one in the body.
     */
    ranked: (owners: Fragment, asked: ReadonlyArray<Asked>, limit: number, read: (hits: Fragment) => Fragment) =>
      sql<Raw>`WITH owners(owner) AS MATERIALIZED (${owners}),
        words(place, value, held) AS MATERIALIZED (
          SELECT key, value, (SELECT count(*) FROM ${holding("passages_fts", ofWord, MOST)}) FROM json_each(${ends(asked)})),
        telling(value) AS (
          SELECT value FROM (
            SELECT value, held, sum(held) OVER (ORDER BY held, place) AS ranked FROM words WHERE held > 0)
          WHERE ranked <= ${sql.literal(`${MOST}`)} OR ranked = held),
        hits(hit, score) AS (
          SELECT rowid, -bm25(passages_fts, 2, 1) AS score FROM passages_fts
          WHERE passages_fts MATCH ${terms("value", "owners, telling")} ORDER BY score DESC, rowid LIMIT ${limit})
        SELECT ${rows("passages_fts", MOST_OF_DOCS)},
          (SELECT json_group_array(held) FROM (SELECT held FROM words ORDER BY place)) AS held,
          (${read(sql`hits`)}) AS items`,

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
