import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { StorageOpenError } from "../../../../schema/StorageErrors.js"
import { explain, messageOf } from "../../codes/postgres.js"
import { type Load, loadPg, type PgModule } from "./module.js"
import { Pool } from "./Pool.js"
import { ServerConnection } from "./ServerConnection.js"
import { addressOf, type ConnectOptions, configOf, faultOf } from "./Url.js"

/** How to open a pool of connections. */
export interface OpenOptions extends ConnectOptions {
  /** The most connections at a time. Default: 8. A server has room for 100 as a rule, for all processes together. */
  readonly poolSize?: number
  /** Loads the package `pg`. Default: the installed one. */
  readonly load?: Load
}

const connector = (pg: PgModule, options: ConnectOptions) => (): Promise<ServerConnection> =>
  new Promise((resolve, reject) => {
    const client = new pg.Client(configOf(options))
    const connection = new ServerConnection(pg, client, options.prepared ?? true)
    client.connect((cause) => {
      if (cause === null || cause === undefined) {
        connection.rest()
        return resolve(connection)
      }
      connection.destroy()
      reject(cause)
    })
  })

/** A failure to connect, with its reason and what to do about it. */
const openError = (address: string, cause: unknown): StorageOpenError => {
  const known = explain(cause)
  const detail = messageOf(cause)
  const message = `Cannot open ${address}: ${known === undefined ? detail : `${known.advice} (${detail})`}`
  return new StorageOpenError({ file: address, reason: known?.reason ?? "io", message, cause })
}

/** A pool, and the way to further connections. */
export interface Opened {
  readonly pool: Pool
  readonly connect: () => Promise<ServerConnection>
}

/** Opens a pool and proves with a first connection that the server accepts them; the scope closes it. */
export const openPool = (options: OpenOptions): Effect.Effect<Opened, StorageOpenError, Scope.Scope> =>
  Effect.gen(function* () {
    const address = addressOf(options.url)
    const fault = faultOf(options.url)
    if (fault !== undefined) return yield* new StorageOpenError({ file: address, reason: "options", message: fault })
    const pg = yield* loadPg(address, options.load)
    const connect = connector(pg, options)
    const pool = yield* Effect.acquireRelease(
      Effect.sync(() => new Pool(options.poolSize ?? 8, connect)),
      (pool) => Effect.promise(() => pool.close(new Error("The database is closed")))
    )
    yield* Effect.async<void, StorageOpenError>((resume) => {
      const waiter = pool.wait((taken) => {
        if ("cause" in taken) return resume(Effect.fail(openError(address, taken.cause)))
        pool.release(taken.connection)
        resume(Effect.void)
      })
      return Effect.sync(() => {
        if (waiter.taken === undefined) pool.cancelWait(waiter)
      })
    })
    return { pool, connect }
  })
