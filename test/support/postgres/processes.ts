/** Stores of one PostgreSQL database as several processes have them: each with connections of its own. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Storage } from "../../../src/engine/ports/Storage.js"
import { Commits } from "../../../src/engine/storage/Commits.js"
import * as Dialect from "../../../src/engine/storage/postgres/Dialect.js"
import { Listener } from "../../../src/engine/storage/postgres/driver/Listen.js"
import * as PostgresClient from "../../../src/engine/storage/postgres/driver/PostgresClient.js"
import { RoundTrips } from "../../../src/engine/storage/postgres/driver/RoundTrips.js"
import * as SqlStorage from "../../../src/engine/storage/SqlStorage.js"

/** A process: its store, and the connections behind it. */
export interface Process {
  readonly store: Storage.Service
  readonly sql: PostgresClient.PostgresClient
}

export const openProcess = (url: string): Effect.Effect<Process, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const sql = yield* PostgresClient.make({ url: Redacted.make(url), poolSize: 4 })
    const driver = Context.make(SqlClient.SqlClient, sql).pipe(
      Context.add(Commits, sql.commits),
      Context.add(Listener, sql.listen),
      Context.add(RoundTrips, sql)
    )
    const layer = Layer.scoped(Storage, SqlStorage.make).pipe(
      Layer.provide(Dialect.layer),
      Layer.provide(Layer.succeedContext(driver))
    )
    const store = Context.get(yield* Layer.build(layer), Storage)
    return { store, sql }
  })
