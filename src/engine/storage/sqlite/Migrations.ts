import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { StorageError } from "../../ports/Storage.js"
import { failsAs } from "../SqlErrors.js"
import { backUp } from "./Backup.js"
import { initialSchema } from "./InitialSchema.js"

/** The steps from an empty database to the schema of this release. A released step never changes. */
const steps: ReadonlyArray<Effect.Effect<void, SqlError, SqlClient.SqlClient>> = [initialSchema]

/** The schema version of this release: the number of its steps. */
export const schemaVersion = steps.length

type Steps = typeof steps

/**
 * Migrates the database to the schema of these steps, all or nothing. A database of an older release is backed up first.
 * Fails if a newer release wrote it, or if the version does not read back.
 */
export const migrateBy = (steps: Steps) =>
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
      yield* sql`CREATE TABLE IF NOT EXISTS schema_versions (
      version INTEGER PRIMARY KEY NOT NULL, applied_at INTEGER NOT NULL)`
      const found = yield* current
      for (const [index, step] of steps.entries()) {
        const version = index + 1
        if (version <= found) continue
        yield* step
        yield* sql`INSERT INTO schema_versions ${sql.insert({ version, applied_at: now })}`
      }
    })

    const old = yield* before
    if (old > 0 && old < steps.length) yield* backUp(old)
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
  }).pipe(failsAs("migrate"))

/** {@link migrateBy} to this release's schema. */
export const migrate = migrateBy(steps)
