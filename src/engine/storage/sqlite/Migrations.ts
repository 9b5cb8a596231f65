import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { StorageError } from "../../ports/Storage.js"
import { tables } from "../Columns.js"
import { failsAs } from "../SqlErrors.js"
import { backUp } from "./Backup.js"
import { initialSchema } from "./InitialSchema.js"
import { APPLICATION_ID } from "./Ownership.js"

/** A step from one schema to the next. A released one never changes. */
export interface Migration {
  readonly script: string
  /** The oldest schema version whose release can still use the database: 1 if the script only adds what that one may leave out. */
  readonly compatibleFrom: number
}

/** The steps that lead from an empty database to the schema of this release. */
const steps: ReadonlyArray<Migration> = [{ script: initialSchema, compatibleFrom: 1 }]

/** The schema version of this release: the number of its steps. */
export const schemaVersion = steps.length

interface Version {
  readonly version: number
  readonly compatible_from: number
}

/**
 * Migrates the database to the schema of these steps, all or nothing. A database of an older release is backed up first.
 * Fails if a newer release wrote it that is not compatible with this one, or if the version does not read back. Returns the
 * version before, 0 of a new database.
 */
export const migrateBy = (steps: ReadonlyArray<Migration>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const now = yield* Clock.currentTimeMillis
    const none: Version = { version: 0, compatible_from: 0 }
    const current = Effect.map(
      sql<Version>`SELECT version, compatible_from FROM schema_versions ORDER BY version DESC LIMIT 1`,
      ([last]) => last ?? none
    )
    const before = Effect.flatMap(sql`SELECT name FROM sqlite_schema WHERE name = 'schema_versions'`, (tables) =>
      tables.length === 0 ? Effect.succeed(none) : current
    )

    const apply = Effect.gen(function* () {
      // Also of a file that was written before ids were set.
      const [id] = yield* sql<{ readonly application_id: number }>`PRAGMA application_id`
      if (id?.application_id !== APPLICATION_ID) yield* sql.unsafe(`PRAGMA application_id = ${APPLICATION_ID}`)
      yield* sql`CREATE TABLE IF NOT EXISTS schema_versions (
      version INTEGER PRIMARY KEY NOT NULL, applied_at INTEGER NOT NULL, compatible_from INTEGER NOT NULL)`
      const { version: found } = yield* current
      for (const [index, { compatibleFrom: compatible_from, script }] of steps.entries()) {
        const version = index + 1
        if (version <= found) continue
        yield* sql.unsafe(script).unprepared
        yield* sql`INSERT INTO schema_versions ${sql.insert({ version, applied_at: now, compatible_from })}`
      }
    })

    const { version: old } = yield* before
    if (old > 0 && old < steps.length) yield* backUp(steps.length)
    yield* sql.withTransaction(apply)
    const found = yield* current
    if (found.compatible_from > steps.length) {
      return yield* new StorageError({
        message:
          `The database has schema version ${found.version}, but this release of effect-julep knows versions up to ` +
          `${steps.length}. A newer release wrote it: install that release, or choose another file.`
      })
    }
    if (found.version < steps.length) {
      return yield* new StorageError({
        message: `The database has schema version ${found.version} after its migration to ${steps.length}. Please report this as a bug.`
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
    "agents.metadata_pairs",
    "deleted_docs.doc_id",
    "jobs.blocked",
    "memories.dedup_key",
    "schema_versions.compatible_from",
    "sessions.suggested_through",
    "entries.claimed_at",
    "turn_vectors.code",
    "vector_spaces.name",
    "vectors.code"
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
