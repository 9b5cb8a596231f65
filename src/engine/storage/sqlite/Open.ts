import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import type { StorageError } from "../../ports/Storage.js"
import * as JobsTable from "../JobsTable.js"
import { migrate } from "./Migrations.js"

/** Connections that already have a store, whose jobs may be running. Global, because the package may be loaded twice. */
const opened = globalValue(Symbol.for("effect-julep/storage/opened"), () => new WeakSet<SqlClient.SqlClient>())

/** Migrates the database, and makes the jobs due that a process before this one has left. */
export const open: Effect.Effect<void, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* migrate
  if (!opened.has(sql)) yield* JobsTable.releaseAll
  opened.add(sql)
})
