import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../schema/Field.js"
import { wanted } from "./Metadata.js"
import type { Raw } from "./Rows.js"
import { quote } from "./Words.js"

/** Rows are counted up to these numbers, so that no search reads a whole large index. */
const mostOfWord = 2000
const mostOfOwner = 10_000

/** The full-text index of a table: its columns with their weights. The first is the owner's, which weighs nothing. */
export interface Index {
  readonly table: "passages_fts" | "entries_fts" | "memories_fts"
  readonly weights: Readonly<Record<string, number>>
}

/** The index of passages. A word in a title says more about a passage than one in its body. */
export const passagesIndex: Index = { table: "passages_fts", weights: { title: 2, body: 1 } }

/** The index of the turns of conversations, under the name of who speaks. */
export const entriesIndex: Index = { table: "entries_fts", weights: { name: 1, body: 1 } }

/** The index of memories. */
export const memoriesIndex: Index = { table: "memories_fts", weights: { content: 1 } }

/** Whom an index row belongs to, as one term of the index: hex, because a term has no punctuation. */
export const ownerTerm = (developer: string, ...path: ReadonlyArray<string>): string =>
  Buffer.from([developer, ...path].join(":")).toString("hex")

/** The rows of these owners; the owner is a term of the index, so that rows of others are neither read nor ranked. */
const owned = (owners: ReadonlyArray<string>): string => `owner : (${owners.map((owner) => `"${owner}"`).join(" OR ")})`

/** Those of them that hold any of these terms. */
const holding = (index: Index, owners: ReadonlyArray<string>, terms: ReadonlyArray<string>): string =>
  `${owned(owners)} AND {${Object.keys(index.weights).join(" ")}} : (${terms.join(" OR ")})`

/** What differs between databases; only SQLite so far, others by `sql.onDialectOrElse`. */
export const make = Effect.map(SqlClient.SqlClient, (sql) => ({
  /** The conditions that rows with this metadata must meet; `undefined` when no row can. */
  metadata: (filter: JsonObject): ReadonlyArray<Fragment> | undefined =>
    wanted(filter)?.map((pair) => sql`EXISTS (SELECT 1 FROM json_each(findable) WHERE value = ${pair})`),

  /**
   * A query of the index for the rows of these owners that hold any of these words: `hit` is the row's `seq`, `score`
   * is higher for a better match, equal ones are in order of insertion. `undefined` where there is nothing to look for.
   */
  search: (
    index: Index,
    owners: ReadonlyArray<string>,
    words: ReadonlyArray<string>,
    page: { readonly limit: number; readonly offset: number }
  ): Fragment | undefined => {
    if (words.length === 0 || owners.length === 0) return undefined
    const match = holding(index, owners, words.map(quote))
    const weights = sql.literal(["0", ...Object.values(index.weights)].join(", "))
    return sql`SELECT rowid AS hit, -bm25(${sql(index.table)}, ${weights}) AS score FROM ${sql(index.table)}
      WHERE ${sql(index.table)} MATCH ${match} ORDER BY score DESC, hit LIMIT ${page.limit} OFFSET ${page.offset}`
  },

  /**
   * A query of the index for how many rows of these owners there are, and how many hold each of these words: one `rows`
   * for the owners, then one for each word in order. Counting stops at a number that says "many".
   */
  counts: (index: Index, owners: ReadonlyArray<string>, words: ReadonlyArray<string>) => {
    const table = sql(index.table)
    const matches = words.map((word) => holding(index, owners, [quote(word)]))
    return sql<Raw>`SELECT -1 AS place,
        (SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE ${table} MATCH ${owned(owners)} LIMIT ${mostOfOwner})) AS rows
      UNION ALL SELECT key,
        (SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE ${table} MATCH value LIMIT ${mostOfWord}))
      FROM json_each(${JSON.stringify(matches)}) ORDER BY place`
  },

  /** Merges the segments that writes leave in an index, a bounded part of the work at a time. */
  compact: (index: Index) => sql`INSERT INTO ${sql(index.table)} (${sql(index.table)}, rank) VALUES ('merge', 500)`,

  /** The items of two columns of JSON lists, each once, the first list's first. */
  union: (first: Fragment, second: Fragment): Fragment => sql`(SELECT json_group_array(value) FROM (
      SELECT value FROM json_each(${first}) UNION ALL
      SELECT value FROM json_each(${second}) WHERE value NOT IN (SELECT value FROM json_each(${first}))))`
}))

/** The parts of statements that differ between databases. */
export type Dialect = Effect.Effect.Success<typeof make>
