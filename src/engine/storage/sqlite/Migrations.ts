import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { StorageError } from "../../ports/Storage.js"
import { tables } from "../Columns.js"
import { failsAs } from "../SqlErrors.js"
import { backUp } from "./Backup.js"
import { initialSchema } from "./InitialSchema.js"
import { APPLICATION_ID } from "./Ownership.js"

/** The scripts that lead from an empty database to the schema of this release. A released script never changes. */
const steps: ReadonlyArray<string> = [initialSchema]

/** The schema version of this release: the number of its scripts. */
export const schemaVersion = steps.length

/**
 * Migrates the database to the schema of these scripts, all or nothing. A database of an older release is backed up first.
 * Fails if a newer release wrote it, or if the version does not read back. Returns the version before, 0 of a new database.
 */
export const migrateBy = (steps: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const current = Effect.map(
      sql<{ readonly version: number | null }>`SELECT max(version) AS version FROM schema_versions`,
      (rows) => rows[0]?.version ?? 0
    )
    const before = Effect.flatMap(sql`SELECT name FROM sqlite_schema WHERE name = 'schema_versions'`, (tables) =>
      tables.length === 0 ? Effect.succeed(0) : current
    )

    const apply = Effect.gen(function* () {
      // Also of a file that was written before ids were set.
      const [id] = yield* sql<{ readonly application_id: number }>`PRAGMA application_id`
      if (id?.application_id !== APPLICATION_ID) yield* sql.unsafe(`PRAGMA application_id = ${APPLICATION_ID}`)
      yield* sql`CREATE TABLE IF NOT EXISTS schema_versions (
      version INTEGER PRIMARY KEY NOT NULL, applied_at INTEGER NOT NULL)`
      const found = yield* current
      for (const [index, step] of steps.entries()) {
        const version = index + 1
        if (version <= found) continue
        yield* sql.unsafe(step).unprepared
        yield* sql`INSERT INTO schema_versions ${sql.insert({ version, applied_at: now })}`
      }
    })

    const old = yield* before
    if (old > 0 && old < steps.length) yield* backUp(steps.length)
    yield* sql.withTransaction(apply)
    const found = yield* current
    if (found > steps.length) {
      return yield* new StorageError({
        message:
          `The database has schema version ${found}, but this release of effect-julep knows versions up to ` +
          `${steps.length}. A newer release wrote it: install that release, or name another file.`
      })
    }
    if (found < steps.length) {
      return yield* new StorageError({
        message: `The database has schema version ${found} after its migration to ${steps.length}. Please report this as a bug.`
      })
    }
    return old
  }).pipe(failsAs("migrate"))

/** Before a release, the first schema may change, and a file of an earlier one has the same version. */
const checkColumns = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql<{ readonly name: string }>`
    SELECT s.name || '.' || c.name AS name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'`
  const names = new Set(found.map(({ name }) => name))
  const expected = tables.flatMap(({ columns, table }) => columns.map((column) => `${table}.${column}`))
  const added = [
    "deleted_docs.doc_id",
    "jobs.blocked",
    "sessions.suggested_through",
    "entries.claimed_at",
    "turn_vectors.owner"
  ]
  const missing = [...expected, ...added].filter((name) => !names.has(name))
  if (missing.length === 0) return
  return yield* new StorageError({
    message:
      `The database was written by a version of effect-julep with another first schema: it lacks ${missing.join(", ")}. ` +
      "Use that version to read it, or move the file away to start a new one."
  })
}).pipe(failsAs("migrate"))

/** {@link migrateBy} to this release's schema. */
export const migrate = Effect.flatMap(migrateBy(steps), (before) => (before === 0 ? Effect.void : checkColumns))
