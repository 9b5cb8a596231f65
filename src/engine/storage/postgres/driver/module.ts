import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import { StorageOpenError } from "../../../../schema/StorageErrors.js"
import { messageOf } from "../../codes/postgres.js"

/** What is written to the socket of a connection: the messages of the protocol. */
export interface Wire {
  readonly stream: { readonly cork: () => void; readonly uncork: () => void }
  readonly query: (text: string) => void
  readonly parse: (message: { readonly text: string; readonly name: string }) => void
  readonly bind: (message: { readonly statement: string; readonly values: ReadonlyArray<Bound> }) => void
  readonly describe: (message: { readonly type: "P" }) => void
  readonly execute: (message: object) => void
  readonly close: (message: { readonly type: "S"; readonly name: string }) => void
  readonly sync: () => void
  readonly sendCopyFail: (message: string) => void
}

/** A parameter as it is sent: text, bytes or NULL. */
export type Bound = string | Buffer | null

export interface Column {
  readonly name: string
  readonly dataTypeID: number
}

/** What `pg` calls with the messages that answer what was submitted, as it does for `pg-cursor`. */
export interface Submittable {
  readonly submit: (wire: Wire) => void
  readonly handleRowDescription: (message: { readonly fields: ReadonlyArray<Column> }) => void
  readonly handleDataRow: (message: { readonly fields: ReadonlyArray<string | null> }) => void
  readonly handleCommandComplete: (message: { readonly text: string }) => void
  readonly handleEmptyQuery: () => void
  readonly handlePortalSuspended: () => void
  readonly handleCopyInResponse: (wire: Wire) => void
  readonly handleCopyData: () => void
  readonly handleReadyForQuery: () => void
  readonly handleError: (cause: unknown) => void
}

/** The part of a client of `pg` that the driver uses. */
export interface PgClient {
  readonly host: string
  readonly port: number
  readonly ssl: unknown
  readonly processID: number | null
  readonly secretKey: number | null
  readonly connection: { readonly stream: { readonly destroy: () => void } }
  readonly connect: (done: (cause: unknown) => void) => void
  readonly query: (work: Submittable) => unknown
  readonly end: () => Promise<void>
  readonly ref: () => void
  readonly unref: () => void
  readonly on: {
    (event: "error", listener: (cause: unknown) => void): unknown
    (event: "end", listener: () => void): unknown
    (event: "notification", listener: (message: Notification) => void): unknown
  }
  readonly getTypeParser: (type: number, format: "text") => (text: string) => unknown
  readonly getTransactionStatus?: () => string | null
}

/** A message of `NOTIFY`. */
export interface Notification {
  readonly channel: string
  readonly payload: string
}

/** A connection that sends a CancelRequest instead of the start of a session. */
export interface PgConnection {
  readonly stream: { readonly destroy: () => void; readonly unref: () => void }
  readonly connect: (port: number | string, host?: string) => void
  readonly requestSsl: () => void
  readonly cancel: (processID: number, secretKey: number) => void
  readonly on: (event: "connect" | "sslconnect" | "end" | "error", listener: () => void) => unknown
}

/** The part of the package `pg` that the driver uses. */
export interface PgModule {
  readonly Client: new (config: object) => PgClient
  readonly Connection: new (config: { readonly ssl: unknown }) => PgConnection
}

/** Finds the `pg` module; an application that is bundled into one file passes its own. */
export type Load = () => Promise<unknown>

// The package is an optional peer, so it is loaded on first use. Bundlers fail on a package that is missing, except where
// its name is a literal in a `try`.
const loadPackage: Load = async () => {
  try {
    return (await import("pg")).default
  } catch (cause) {
    return Promise.reject(cause)
  }
}

const isModule = (u: unknown): u is PgModule =>
  Predicate.hasProperty(u, "Client") && typeof u.Client === "function" && Predicate.hasProperty(u, "Connection")

const advise = (cause: unknown): string => {
  const text = messageOf(cause).split("\n", 1)[0] ?? ""
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(text)?.[1]
  return missing === "pg"
    ? "The PostgreSQL store needs the optional package pg: npm install pg"
    : `The package pg does not load with Node ${process.version}: ${text}. Install version 8 of it: npm install pg@8`
}

/** Loads the package `pg`. The error says how to install it. */
export const loadPg = (address: string, load: Load = loadPackage): Effect.Effect<PgModule, StorageOpenError> =>
  Effect.tryPromise({ try: load, catch: identity }).pipe(
    Effect.filterOrFail(isModule, () => new Error("the module exports no Client")),
    Effect.mapError(
      (cause) => new StorageOpenError({ file: address, reason: "missing-binary", message: advise(cause), cause })
    )
  )
