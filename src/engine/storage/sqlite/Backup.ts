/** A copy of a database file, made before its schema changes. */
import * as fs from "node:fs"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { StorageError } from "../../ports/Storage.js"

/** The file of the database, or `undefined` for one in memory. */
const fileOf = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ readonly name: string; readonly file: string }>`PRAGMA database_list`,
    (rows) => rows.find(({ name }) => name === "main")?.file || undefined
  )
)

/** Copies a database of an older schema beside itself, and says so in the log. */
export const backUp = (version: number): Effect.Effect<void, StorageError | SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const file = yield* fileOf
    if (file === undefined) return
    const now = new Date(yield* Clock.currentTimeMillis)
    const target = `${file}.v${version}.${now.toISOString().replace(/[-:]|\..*/g, "")}.backup`
    // Another layer on this connection was here in the same second.
    if (fs.existsSync(target)) return
    yield* sql`VACUUM INTO ${target}`.pipe(
      Effect.catchAll(({ cause, message: reason }) => {
        fs.rmSync(target, { force: true })
        const message =
          `${file} has to be brought to a new schema, and its backup ${target} cannot be written ` +
          `(${reason}): free some space, or make the folder writable. The database was left alone.`
        return Effect.fail(new StorageError({ message, cause }))
      })
    )
    yield* Effect.logInfo(`The store is brought to a new schema; ${target} is what it was before`)
  })
