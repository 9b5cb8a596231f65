import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as RcMap from "effect/RcMap"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { StorageOpenError } from "../../../../schema/StorageErrors.js"
import { Commits } from "../../Commits.js"
import { Listener } from "./Listen.js"
import * as PostgresClient from "./PostgresClient.js"
import { RoundTrips } from "./RoundTrips.js"

/** What makes two clients the same. */
class Key extends Data.Class<{
  readonly url: string
  readonly poolSize: number | undefined
  readonly prepared: boolean | undefined
  readonly connectTimeout: number | undefined
  readonly load: PostgresClient.OpenOptions["load"]
}> {}

const open = ({ url, poolSize, prepared, connectTimeout, load }: Key) =>
  PostgresClient.make({
    url: Redacted.make(url),
    ...(poolSize !== undefined && { poolSize }),
    ...(prepared !== undefined && { prepared }),
    ...(connectTimeout !== undefined && { connectTimeout }),
    ...(load !== undefined && { load })
  })

// On globalThis, so that a package that is loaded twice (ESM and CommonJS, or two copies) opens one pool. Its scope has no
// end: the clients live as long as their users.
const registry = globalValue(Symbol.for("effect-julep/storage/postgres/Registry"), () =>
  Effect.runSync(
    Effect.flatMap(Scope.make(), (scope) => Scope.extend(RcMap.make({ lookup: (key: Key) => open(key) }), scope))
  )
)

/**
 * Connects to a PostgreSQL server, or joins the pool that this process has with the same URL and options already, however
 * many layers and runtimes lead there. When the last scope closes, the connections are closed.
 *
 * Fails with `StorageOpenError` if the package `pg` is missing, or the server does not accept a connection.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const sql = yield* acquire({ url: Redacted.make("postgres://app:secret@localhost/app") })
 *     return yield* sql`SELECT 1 AS one`
 *   })
 * )
 * ```
 */
export const acquire = ({
  url,
  poolSize,
  prepared,
  connectTimeout,
  load
}: PostgresClient.OpenOptions): Effect.Effect<PostgresClient.PostgresClient, StorageOpenError, Scope.Scope> =>
  RcMap.get(
    registry,
    new Key({
      url: Redacted.value(url),
      poolSize,
      prepared,
      connectTimeout: connectTimeout === undefined ? undefined : Duration.toMillis(connectTimeout),
      load
    })
  )

/**
 * {@link acquire} as a layer of the client, its {@link Commits}, its {@link Listener} and its {@link RoundTrips}.
 *
 * @example
 * ```ts
 * import * as Redacted from "effect/Redacted"
 *
 * const StorageLayer = layer({ url: Redacted.make("postgres://app:secret@localhost/app") })
 * ```
 */
export const layer = (
  options: PostgresClient.OpenOptions
): Layer.Layer<SqlClient.SqlClient | Commits | Listener | RoundTrips, StorageOpenError> =>
  Layer.scopedContext(
    Effect.map(acquire(options), (client) =>
      Context.make(SqlClient.SqlClient, client).pipe(
        Context.add(Commits, client.commits),
        Context.add(Listener, client.listen),
        Context.add(RoundTrips, client)
      )
    )
  )
