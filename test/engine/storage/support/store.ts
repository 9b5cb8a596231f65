/** The libSQL store: for the suites that run over every database, and for tests that only need a real store. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { Dialect } from "../../../../src/engine/storage/Dialect.js"
import * as Registry from "../../../../src/engine/storage/libsql/Registry.js"
import * as SqlStorage from "../../../../src/engine/storage/SqlStorage.js"
import * as SqliteDialect from "../../../../src/engine/storage/sqlite/Dialect.js"
import { MEMORIES } from "../../../../src/engine/storage/sqlite/SearchIndexes.js"
import { BackDoor, type Database, storesOf } from "../../../support/storage/database.js"

export * from "../../../support/storage/rows.js"

const tables = [
  "agents",
  "users",
  "sessions",
  "tools",
  "docs",
  "passages",
  "vectors",
  "vector_spaces",
  "entries",
  "turn_vectors",
  "memories",
  "memory_vectors",
  "suggestions",
  "jobs"
] as const

const backDoor = Effect.map(SqlClient.SqlClient, (sql): BackDoor.Service => {
  const first = <A extends object>(rows: ReadonlyArray<A>) => Effect.fromNullable(rows[0]).pipe(Effect.orDie)
  return {
    rows: (developer) =>
      Effect.map(
        Effect.forEach(tables, (table) => {
          const mine = developer === undefined ? sql`TRUE` : sql`developer_id = ${developer}`
          const rows = sql<object>`SELECT * FROM ${sql(table)} WHERE ${mine} ORDER BY rowid`
          return Effect.map(rows, (all) => [table, all] as const)
        }),
        Object.fromEntries
      ),
    indexed: Effect.flatMap(
      sql<{ readonly passages: number; readonly turns: number; readonly memories: number }>`
        SELECT count(*) FILTER (WHERE rowid < ${MEMORIES}) AS turns,
          count(*) FILTER (WHERE rowid >= ${MEMORIES}) AS memories,
          (SELECT count(*) FROM passages_fts) AS passages
        FROM recall_fts`,
      first
    ),
    faults: Effect.zipWith(
      sql<object>`PRAGMA foreign_key_check`,
      sql<{ readonly integrity_check: string }>`PRAGMA integrity_check`,
      (references, pages) => [...references, ...pages.filter(({ integrity_check }) => integrity_check !== "ok")]
    ),
    refusePassage: (position) =>
      sql.unsafe(`CREATE TRIGGER refused BEFORE INSERT ON passages WHEN new.position = ${position}
        BEGIN SELECT RAISE(ABORT, 'refused'); END`),
    overwrite: (table, column, text) => sql`UPDATE ${sql(table)} SET ${sql(column)} = ${text}`,
    turnNumbers: (session_id) =>
      Effect.map(
        sql<{ readonly turn: number }>`
          SELECT turn FROM entries WHERE session_id = ${session_id} AND turn IS NOT NULL ORDER BY seq`,
        (rows) => rows.map(({ turn }) => turn)
      ),
    unknownTable: { read: sql`SELECT * FROM nowhere`, message: "no such table: nowhere" }
  }
})

/** A store on a file, or on a new database in memory. */
export const storeOn = (filename = ":memory:") =>
  Layer.provideMerge(
    Layer.merge(Layer.scoped(Storage, SqlStorage.make), Layer.effect(BackDoor, backDoor)),
    Layer.provideMerge(Layer.effect(Dialect, SqliteDialect.make), Registry.layer({ filename }))
  )

/** A new folder, removed with the scope. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-julep-storage-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

export const libsql: Database = {
  name: "libSQL",
  numbered: true,
  empty: storeOn(),
  durable: Effect.map(temporaryFolder, (folder) => storeOn(join(folder, "store.db")))
}

/** Runs a test on a new store in memory. */
export const withStore = storesOf(libsql)
