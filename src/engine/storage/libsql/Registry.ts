import * as fs from "node:fs"
import * as path from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type StorageLocked, StorageOpenError } from "../../../schema/StorageErrors.js"
import { Commits } from "../Commits.js"
import { Mutex } from "../Mutex.js"
import { codeOf } from "./causes.js"
import * as FileLock from "./FileLock.js"
import * as LibsqlClient from "./LibsqlClient.js"
import { openError } from "./open.js"

interface Entry {
  readonly client: LibsqlClient.LibsqlClient
  readonly scope: Scope.CloseableScope
  readonly synchronous: "NORMAL" | "FULL"
  users: number
}

// On globalThis, so that a package that is loaded twice (ESM and CommonJS, or two copies) opens a file only once.
const registry = globalValue(Symbol.for("effect-julep/storage/libsql/Registry"), () => ({
  entries: new Map<string, Entry>(),
  mutex: new Mutex()
}))

/** Opening and closing take turns, so that no file is opened while its last user is still closing it. */
const exclusively = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptible(
    Effect.zipRight(registry.mutex.acquire(identity), Effect.ensuring(effect, registry.mutex.release))
  )

/** The canonical path of a file: resolves symbolic links, also those to a file that does not exist yet. */
const canonical = (file: string): string => {
  try {
    return fs.realpathSync(file)
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause
  }
  const parent = path.dirname(file)
  if (fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) {
    return canonical(path.resolve(parent, fs.readlinkSync(file)))
  }
  fs.mkdirSync(parent, { recursive: true })
  return path.join(fs.realpathSync(parent), path.basename(file))
}

// The connection lives in a scope of its own, without a parent: it must survive the fiber and the runtime that opened it.
const open = Effect.fnUntraced(function* (file: string, options: LibsqlClient.OpenOptions) {
  const scope = yield* Scope.make()
  const client = yield* FileLock.acquire(file, options.load).pipe(
    Effect.zipRight(LibsqlClient.make({ ...options, filename: file })),
    Scope.extend(scope),
    Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
  )
  const entry: Entry = { client, scope, synchronous: options.synchronous ?? "NORMAL", users: 1 }
  registry.entries.set(file, entry)
  return { file, entry }
})

const checkOut = Effect.fnUntraced(function* (options: LibsqlClient.OpenOptions) {
  const file = yield* Effect.try({
    try: () => canonical(path.resolve(options.filename)),
    catch: (cause) => openError(options.filename, cause)
  })
  const entry = registry.entries.get(file)
  if (entry === undefined) return yield* open(file, options)
  if (entry.synchronous !== (options.synchronous ?? "NORMAL")) {
    const message = `${file} is already open with synchronous = ${entry.synchronous}. Use the same value in every layer on this file.`
    return yield* new StorageOpenError({ file, reason: "options", message })
  }
  entry.users++
  return { file, entry }
})

const checkIn = ({ file, entry }: { readonly file: string; readonly entry: Entry }): Effect.Effect<void> =>
  Effect.suspend(() => {
    entry.users--
    if (entry.users > 0) return Effect.void
    registry.entries.delete(file)
    return Scope.close(entry.scope, Exit.void)
  })

/**
 * Opens a database file, or joins the connection that this process has to it already, however many layers, runtimes and
 * symbolic links lead there. The folder is created if absent. When the last scope closes, the connection and the lock
 * are released. `":memory:"` is a new database each time.
 *
 * Fails with `StorageLocked` when another process uses the file, and with `StorageOpenError` when it cannot be opened.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const sql = yield* acquire({ filename: "/var/lib/app/julep.db" })
 *     return yield* sql`SELECT 1 AS one`
 *   })
 * )
 * ```
 */
export const acquire = (
  options: LibsqlClient.OpenOptions
): Effect.Effect<LibsqlClient.LibsqlClient, StorageOpenError | StorageLocked, Scope.Scope> =>
  options.filename === ":memory:"
    ? LibsqlClient.make(options)
    : Effect.map(
        Effect.acquireRelease(exclusively(checkOut(options)), (held) => exclusively(checkIn(held))),
        ({ entry }) => entry.client
      )

/**
 * {@link acquire} as a layer of the client and its {@link Commits}.
 *
 * @example
 * ```ts
 * const StorageLayer = layer({ filename: "/var/lib/app/julep.db" })
 * ```
 */
export const layer = (
  options: LibsqlClient.OpenOptions
): Layer.Layer<SqlClient.SqlClient | Commits, StorageOpenError | StorageLocked> =>
  Layer.scopedContext(
    Effect.map(acquire(options), (client) =>
      Context.make(SqlClient.SqlClient, client).pipe(Context.add(Commits, client.commits))
    )
  )
