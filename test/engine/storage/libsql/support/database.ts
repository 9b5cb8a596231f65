import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LibsqlClient } from "../../../../../src/engine/storage/libsql/LibsqlClient.js"
import * as Libsql from "../../../../../src/engine/storage/libsql/LibsqlClient.js"

/** A folder of its own, removed with the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "julep-libsql-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** The path of a database that does not exist yet. */
export const temporaryFile = Effect.map(temporaryFolder, (folder) => path.join(folder, "test.db"))

/** A database in memory with the table `t (id, v)`. */
export const memory = Effect.tap(Libsql.make({ filename: ":memory:" }), (sql) => createTable(sql))

/** Creates the table `t (id, v)`; `id` is given, so that a second insert of it breaks a constraint. */
export const createTable = (sql: LibsqlClient) => sql`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)`

/** Inserts a row in `t`. */
export const insert = (sql: LibsqlClient, id: number, v = `v${id}`) => sql`INSERT INTO t ${sql.insert({ id, v })}`

/** The ids in `t`, in order. */
export const ids = (sql: LibsqlClient) =>
  Effect.map(sql<{ readonly id: number }>`SELECT id FROM t ORDER BY id`, (rows) => rows.map((row) => row.id))
