import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { StorageError } from "../ports/Storage.js"
import { entriesIndex } from "./EntriesIndex.js"
import { failsAs } from "./Failure.js"
import { initialSchema } from "./InitialSchema.js"

/** The steps from an empty database to this release's schema. A step that was released never changes. */
const steps: ReadonlyArray<Effect.Effect<void, SqlError, SqlClient.SqlClient>> = [initialSchema, entriesIndex]

/** The version of this release's schema: the number of its steps. */
export const schemaVersion = steps.length

/**
 * Brings the database to this release's schema, all or nothing. Fails when it was written by a newer release, or when
 * the version does not read back.
 */
export const migrate = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const current = Effect.map(
    sql<{ readonly version: number | null }>`SELECT max(version) AS version FROM schema_versions`,
    (rows) => rows[0]?.version ?? 0
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

  yield* sql.withTransaction(apply)
  const found = yield* current
  if (found > schemaVersion) {
    return yield* new StorageError({
      message:
        `The database has schema version ${found}, and this release of effect-julep knows versions up to ` +
        `${schemaVersion}: it was written by a newer release. Install that release, or name another file.`
    })
  }
  if (found < schemaVersion) {
    return yield* new StorageError({
      message: `The database is at schema version ${found} after its migration to ${schemaVersion}: report this as a fault.`
    })
  }
}).pipe(failsAs("migrate"))
