/** Inspects a database without changing anything in it. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { PostgresInspection } from "../../ports/Inspection.js"
import type { Space, StorageError } from "../../ports/Storage.js"
import { failsAs } from "../SqlErrors.js"

type Facts = Omit<PostgresInspection, "version" | "compatible_from" | "spaces"> & { readonly has_schema: boolean }

export const inspect: Effect.Effect<PostgresInspection, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [found] = yield* sql<Facts>`
    SELECT current_setting('server_version') AS server, current_setting('server_version_num')::int AS server_number,
      current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS is_replica,
      current_setting('fsync') = 'on' AS has_fsync, current_setting('autovacuum') = 'on' AS has_autovacuum,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS connections,
      coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS can_create,
      (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector,
      EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'vector') AS has_vector,
      EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name = 'vectors' AND column_name = 'vector' AND udt_name = 'halfvec') AS uses_vector,
      to_regclass('schema_versions') IS NOT NULL AND to_regclass('vector_spaces') IS NOT NULL AS has_schema`
  if (found === undefined) return yield* Effect.dieMessage("A SELECT without FROM has one row")
  const { has_schema, ...facts } = found
  if (!has_schema) return { ...facts, version: 0, compatible_from: 0, spaces: [] }
  const [last] = yield* sql<Pick<PostgresInspection, "version" | "compatible_from">>`
    SELECT version, compatible_from FROM schema_versions ORDER BY version DESC LIMIT 1`
  const spaces = yield* sql<Space>`SELECT DISTINCT name, dimensions FROM vector_spaces`
  return { ...facts, version: last?.version ?? 0, compatible_from: last?.compatible_from ?? 0, spaces }
}).pipe(failsAs("inspect"))
