/** The store in a PostgreSQL database. Layers load this module on first use. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { StorageOpenError } from "../../../schema/StorageErrors.js"
import type { PostgresInspection } from "../../ports/Inspection.js"
import type { Storage, StorageError } from "../../ports/Storage.js"
import { inspect } from "./Inspection.js"

/** The version of the schema that this release knows. */
export const schemaVersion = 1

/** A database, and how this process uses it. */
export interface StoreOptions {
  readonly url: Redacted.Redacted
  readonly poolSize: number | undefined
  readonly prepared: boolean | undefined
  /** The URL without its password, for errors and logs. */
  readonly shown: string
}

const unavailable = ({ shown }: StoreOptions) =>
  new StorageOpenError({
    file: shown,
    reason: "missing-binary",
    message: `${shown} cannot be opened: this build has no store for PostgreSQL. Name a file with storage: { file }.`
  })

/** The store, migrated to the schema of this release. Layers of one database share its pool. */
export const layer = (options: StoreOptions): Layer.Layer<Storage, StorageOpenError | StorageError> =>
  Layer.fail(unavailable(options))

/** The database as it is: nothing is migrated. */
export const connect = (
  options: StoreOptions
): Effect.Effect<SqlClient.SqlClient, StorageOpenError | StorageError, Scope.Scope> => Effect.fail(unavailable(options))

/** What can be said of the database. */
export const inspected = (options: StoreOptions): Effect.Effect<PostgresInspection, StorageOpenError | StorageError> =>
  connect(options).pipe(
    Effect.flatMap((client) => Effect.provideService(inspect, SqlClient.SqlClient, client)),
    Effect.scoped
  )
