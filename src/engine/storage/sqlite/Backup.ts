/** Copies of a database: on request, and before its schema changes. */
import * as fs from "node:fs"
import * as path from "node:path"
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

/** Writes a consistent copy of the database, with all that is committed, to a new file. */
const copyTo = (target: string): Effect.Effect<void, SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`VACUUM INTO ${target}`).pipe(
    Effect.tapError(() => Effect.sync(() => fs.rmSync(target, { force: true }))),
    Effect.asVoid
  )

/** Copies a database to a file that does not exist yet; the folder is created. */
export const backUpTo = (target: string): Effect.Effect<void, StorageError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const refuse = (reason: string, cause?: unknown) =>
      new StorageError({ message: `The backup ${target} cannot be written: ${reason}`, cause })
    if (fs.existsSync(target)) return yield* refuse("the file exists already. Name a new file.")
    yield* Effect.try({
      try: () => fs.mkdirSync(path.dirname(target), { recursive: true }),
      catch: (cause) => refuse("its folder cannot be created.", cause)
    })
    yield* Effect.mapError(copyTo(target), ({ cause, message }) => refuse(message, cause))
  })

/** Copies a database to a file beside it before it is migrated to a version, and logs where. */
export const backUp = (to: number): Effect.Effect<void, StorageError | SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const file = yield* fileOf
    if (file === undefined) return
    const now = new Date(yield* Clock.currentTimeMillis)
    const target = `${file}.before-v${to}.${now.toISOString().replace(/[-:]|\..*/g, "")}`
    // Another layer on this connection made the backup in the same second.
    if (fs.existsSync(target)) return
    yield* copyTo(target).pipe(
      Effect.catchAll(({ cause, message: reason }) => {
        const message =
          `${file} needs a migration to a new schema, but its backup ${target} cannot be written (${reason}). ` +
          "Free some space, or make the folder writable. The database was not changed."
        return Effect.fail(new StorageError({ message, cause }))
      })
    )
    yield* Effect.logInfo(`Migrating the store to a new schema; ${target} is a copy from before`)
  })
