import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { StorageError } from "../../ports/Storage.js"
import { failsAs } from "../SqlErrors.js"
import { initialSchema, type VectorType as Type } from "./Schema.js"
import * as VectorType from "./VectorType.js"

/** A step from one schema to the next. A released one never changes. */
export interface Migration {
  readonly script: (vector: Type) => string
  /** The oldest schema whose release can still use the database: processes of two releases run while a new one is deployed. */
  readonly compatibleFrom: number
}

const steps: ReadonlyArray<Migration> = [{ script: initialSchema, compatibleFrom: 1 }]

/** The schema version of this release: the number of its steps. */
export const schemaVersion = steps.length

/** The advisory lock of migrations: "JULP". It is of one database, and ends with the transaction, also behind a pooler. */
const LOCK = 0x4a554c50

interface Version {
  readonly version: number
  readonly compatible_from: number
}

const none: Version = { version: 0, compatible_from: 0 }

/** The last version that the table of versions has. */
const lastVersion = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<Version>`SELECT version, compatible_from FROM schema_versions ORDER BY version DESC LIMIT 1`,
    ([last = none]) => last
  )
)

/** The schema that the database has: version 0 where it has none. */
const currentVersion = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [found] = yield* sql<{ readonly exists: boolean }>`SELECT to_regclass('schema_versions') IS NOT NULL AS exists`
  return found?.exists === true ? yield* lastVersion : none
})

/**
 * Migrates the database to the schema of these steps, all or nothing. Processes that start together wait for the first of
 * them. Fails if a newer release wrote the database and this one cannot use it.
 */
export const migrateBy = (steps: ReadonlyArray<Migration>): Effect.Effect<void, StorageError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const apply = Effect.gen(function* () {
      yield* sql`SELECT pg_advisory_xact_lock(${LOCK}::bigint)`
      // In a transaction that has waited, to_regclass may not know the table yet that another process has created.
      yield* sql`CREATE TABLE IF NOT EXISTS schema_versions (
        version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL, compatible_from BIGINT NOT NULL)`
      const { version: before } = yield* lastVersion
      if (before >= steps.length) return
      if (before > 0) {
        yield* Effect.logInfo(
          `Migrating the database to schema version ${steps.length}. The engine makes no backup before it.`
        )
      }
      const applied_at = yield* Clock.currentTimeMillis
      const vector = yield* VectorType.possible
      for (const [index, { compatibleFrom: compatible_from, script }] of steps.entries()) {
        const version = index + 1
        if (version <= before) continue
        yield* sql.unsafe(script(vector)).unprepared
        yield* sql`INSERT INTO schema_versions ${sql.insert({ version, applied_at, compatible_from })}`
      }
    })
    const { version: before } = yield* currentVersion
    if (before < steps.length) yield* sql.withTransaction(apply)
    const found = yield* currentVersion
    if (found.compatible_from > steps.length) {
      return yield* new StorageError({
        message:
          `The database has schema version ${found.version}, which needs a release of effect-julep that knows version ` +
          `${found.compatible_from} or newer. This release knows versions up to ${steps.length}: install a newer one.`
      })
    }
    if (found.version < steps.length) {
      return yield* new StorageError({
        message: `The database has schema version ${found.version} after its migration to ${steps.length}. Please report this as a bug.`
      })
    }
  }).pipe(failsAs("migrate"))

/** {@link migrateBy} to this release's schema. */
export const migrate = migrateBy(steps)
