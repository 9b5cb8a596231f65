/** The store in a PostgreSQL database. Layers load this module on first use. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { StorageOpenError } from "../../../schema/StorageErrors.js"
import type { PostgresInspection } from "../../ports/Inspection.js"
import { Storage, type StorageError } from "../../ports/Storage.js"
import * as SqlStorage from "../SqlStorage.js"
import * as Dialect from "./Dialect.js"
import * as Registry from "./driver/Registry.js"
import { inspect } from "./Inspection.js"

export { schemaVersion } from "./Migrations.js"

/** A database, and how this process uses it. */
export interface StoreOptions {
  readonly url: Redacted.Redacted
  readonly poolSize: number | undefined
  readonly prepared: boolean | undefined
  /** The URL without its password, for errors and logs. */
  readonly displayUrl: string
}

/** Clients whose store was named in the log. Global, because the package may be loaded twice. */
const named = globalValue(Symbol.for("effect-julep/storage/postgres/named"), () => new WeakSet<SqlClient.SqlClient>())

const client = ({ poolSize, prepared, url }: StoreOptions) => ({
  url,
  ...(poolSize !== undefined && { poolSize }),
  ...(prepared !== undefined && { prepared })
})

/** The store, migrated to the schema of this release. Layers of one database share its pool. */
export const layer = (options: StoreOptions): Layer.Layer<Storage, StorageOpenError | StorageError> => {
  const store = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    if (!named.has(sql)) yield* Effect.logInfo(`The store is ${options.displayUrl}`)
    named.add(sql)
    return yield* SqlStorage.make
  })
  return Layer.scoped(Storage, store).pipe(Layer.provide(Dialect.layer), Layer.provide(Registry.layer(client(options))))
}

/** The database as it is: nothing is migrated. */
export const connect = (
  options: StoreOptions
): Effect.Effect<SqlClient.SqlClient, StorageOpenError | StorageError, Scope.Scope> => Registry.acquire(client(options))

/** What can be said of the database. */
export const inspected = (options: StoreOptions): Effect.Effect<PostgresInspection, StorageOpenError | StorageError> =>
  connect(options).pipe(
    Effect.flatMap((client) => Effect.provideService(inspect, SqlClient.SqlClient, client)),
    Effect.scoped
  )
