/** The type of the vectors of a database: `halfvec` of the extension pgvector, or bytes where there is none. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { VectorType } from "./Schema.js"

/** What to do about vectors that are bytes. */
export const ADVICE =
  "Install pgvector 0.7 or newer on the server, run CREATE EXTENSION vector in the database, stop all processes that use it, " +
  "and run `effect-julep reindex`."

/** The type that vectors can have, after the extension is created if that is possible. */
export const possible = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const created = sql.withTransaction(sql.unsafe("CREATE EXTENSION IF NOT EXISTS vector"))
  const isAvailable = sql`SELECT 1 FROM pg_available_extensions WHERE name = 'vector'`
  const failure = yield* Effect.flatMap(isAvailable, ([extension]) =>
    extension === undefined
      ? Effect.succeed("it is not installed on the server")
      : Effect.match(created, {
          onFailure: ({ message }) => message,
          onSuccess: () => "it is older than 0.7, or in a schema that is not in the search_path"
        })
  )
  const [found] = yield* sql<{ readonly exists: boolean }>`SELECT to_regtype('halfvec') IS NOT NULL AS exists`
  if (found?.exists === true) return "halfvec" satisfies VectorType
  yield* Effect.logWarning(
    `The database cannot use pgvector (${failure}), so searches by meaning are limited to 2,000 passages of an owner, and ` +
      `earlier messages and memories are found by their words alone. ${ADVICE}`
  )
  return "bytea" satisfies VectorType
})

/** The type that the tables have. */
export const ofTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [found] = yield* sql<{ readonly type: string; readonly exists: boolean }>`
    SELECT typname AS type, to_regtype('halfvec') IS NOT NULL AS exists FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
    WHERE attrelid = 'vectors'::regclass AND attname = 'vector'`
  if (found?.type === "halfvec") return "halfvec" satisfies VectorType
  if (found?.exists === true) {
    yield* Effect.logWarning(
      "The database has pgvector, but its vectors were made without it. Stop all processes that use the database, and run " +
        "`effect-julep reindex`: until then an owner has 2,000 vectors at most, and messages and memories have none."
    )
  }
  return "bytea" satisfies VectorType
})

/** Changes the type of the tables, which are empty, if the extension is there by now; returns the type. */
export const renew = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const type = yield* possible
  if (type === "bytea") return type
  for (const table of ["vectors", "turn_vectors", "memory_vectors"]) {
    yield* sql.unsafe(`ALTER TABLE ${table} ALTER COLUMN vector TYPE ${type} USING NULL`)
  }
  return type
})
