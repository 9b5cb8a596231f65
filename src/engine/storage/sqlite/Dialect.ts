import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Raw } from "../Columns.js"
import type { Commits } from "../Commits.js"
import type { Dialect } from "../Dialect.js"
import { requiredPairs } from "../MetadataFilter.js"
import { selectMany } from "../Select.js"
import { mergeSegments } from "./IndexMerges.js"
import * as Inserts from "./Inserts.js"
import * as OneProcess from "./OneProcess.js"
import { open } from "./Open.js"
import * as Postings from "./Postings.js"
import * as Replies from "./Replies.js"
import * as Vectors from "./Vectors.js"

/** Up to how many members of a filter are searched one by one: to read all members of a row costs as much. */
const MAX_SEARCHES = 8

/** The dialect of SQLite, with the vectors of libSQL. */
export const make: Effect.Effect<Dialect.Service, never, SqlClient.SqlClient | Commits> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const inserts = yield* Inserts.make
  const nothing = sql``
  const listed = (values: ReadonlyArray<unknown>) => sql`SELECT value FROM json_each(${JSON.stringify(values)})`
  const jsonObject: Dialect.Service["jsonObject"] = (alias, { columns }) =>
    sql.literal(`json_object(${columns.map((name) => `'${name}', ${alias}.${name}`).join(", ")})`)

  return {
    open: Effect.provideService(open, SqlClient.SqlClient, sql),

    among: (column, values) => sql`${sql.literal(column)} IN (${listed(values)})`,
    unindexed: (column) => sql.literal(`+${column}`),
    inOrder: sql`CROSS JOIN`,
    rowKey: (alias) => sql.literal(alias === undefined ? "seq" : `${alias}.seq`),
    walk: () => sql`TRUE`,
    lastSeq: (table) => sql`(SELECT coalesce(max(seq), 0) FROM ${sql(table)})`,
    nextSeq: (table) => sql`(SELECT max(seq) + 1 FROM ${sql(table)})`,
    noUser: sql`''`,
    // One transaction at a time writes.
    lockRow: nothing,
    lockParent: nothing,
    unlocked: (_table, where) => where,
    lockHistory: () => Effect.void,

    jsonObject,
    jsonList: (item) => sql`json_group_array(${item})`,
    idsIn: (column, alias) => sql.literal(`json_each(${column}) AS ${alias}`),
    metadata: (filter) => {
      const pairs = requiredPairs(filter)
      // A quote that is not escaped begins or ends an item, so a text that stands in the list as it is, is one of its items.
      if (pairs === undefined || pairs.length <= MAX_SEARCHES)
        return pairs?.map((pair) => sql`instr(metadata_pairs, ${JSON.stringify(pair)}) > 0`)
      return [sql`(SELECT count(*) FROM json_each(metadata_pairs) WHERE value IN (${listed(pairs)})) = ${pairs.length}`]
    },
    // All rows are read as one: the native code takes longer to build rows than the database takes to find them.
    readMany: (operation, alias, reader) => {
      const values = sql.literal(`json_array(${reader.columns.map((name) => `${alias}.${name}`).join(", ")})`)
      const rowOf = (values: ReadonlyArray<unknown>): Raw => {
        const row: Record<string, unknown> = {}
        for (let index = 0; index < values.length; index++) row[reader.columns[index] ?? ""] = values[index]
        return row
      }
      return (from) =>
        selectMany(
          operation,
          reader,
          Effect.map(
            sql<{ readonly rows: string }>`SELECT json_group_array(${values}) AS rows FROM ${from}`,
            ([found]) => {
              const rows: ReadonlyArray<ReadonlyArray<unknown>> = JSON.parse(found?.rows ?? "[]")
              return rows.map(rowOf)
            }
          )
        )
    },

    later: Effect.asVoid,
    together: OneProcess.together,
    ...inserts,
    // Triggers write what is kept beside rows, and delete what hangs on them.
    insert: (table, row) => Effect.asVoid(sql`INSERT INTO ${sql(table)} ${sql.insert(row)}`),
    remove: (table, where) => Effect.asVoid(sql`DELETE FROM ${sql(table)} WHERE ${where}`),
    removeCounted: (table, where) =>
      Effect.map(sql`DELETE FROM ${sql(table)} WHERE ${where} RETURNING seq`, (rows) => rows.length),
    unindexEntries: (set, where) => Effect.asVoid(sql`UPDATE entries SET ${set}, turn = NULL WHERE ${where}`),

    find: Postings.make(sql),
    compact: (whole) =>
      Effect.all(
        [
          mergeSegments(sql, "passages_fts"),
          mergeSegments(sql, "recall_fts"),
          ...(whole ? [sql.unsafe("VACUUM")] : []),
          sql.unsafe("PRAGMA wal_checkpoint(TRUNCATE)")
        ],
        { discard: true }
      ),
    vectors: Vectors.make(sql),

    now: Effect.map(Clock.currentTimeMillis, (now) => sql`${now}`),
    isHead: sql`blocked = 0`,
    skipLocked: nothing,
    waitForJobs: undefined,
    turns: OneProcess.turns,
    beginTurn: OneProcess.beginTurn,
    replies: yield* Replies.make,
    settings: OneProcess.settings
  }
})
