/** A store in a libSQL file, or in memory. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import { Storage, type StorageError } from "../engine/ports/Storage.js"
import { Commits } from "../engine/storage/Commits.js"
import { Dialect } from "../engine/storage/Dialect.js"
import * as Registry from "../engine/storage/libsql/Registry.js"
import * as SqlStorage from "../engine/storage/SqlStorage.js"
import * as SqliteDialect from "../engine/storage/sqlite/Dialect.js"
import { notOurs } from "../engine/storage/sqlite/Ownership.js"
import { type StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"

/** The file of a store that nothing names. */
export const DEFAULT_FILE = path.join(".julep", "julep.db")

/** Creates the folder of the default file, with a `.gitignore` that excludes it from git. */
export const prepareDefaultFolder: Effect.Effect<void, StorageOpenError> = Effect.try({
  try: () => {
    const folder = path.dirname(DEFAULT_FILE)
    fs.mkdirSync(folder, { recursive: true })
    const ignore = path.join(folder, ".gitignore")
    if (!fs.existsSync(ignore)) fs.writeFileSync(ignore, "*\n")
  },
  catch: (cause) =>
    new StorageOpenError({
      file: path.resolve(DEFAULT_FILE),
      reason: "permission",
      message: `The folder ${path.resolve(path.dirname(DEFAULT_FILE))} cannot be created. Choose another file with storage: { file }.`,
      cause
    })
})

/** Connections whose file was logged: it is logged once, however many layers use it. */
const logged = globalValue(Symbol.for("effect-julep/storage/logged"), () => new WeakSet<object>())

/** The store in a file, or in `":memory:"`. */
export const opened = (filename: string): Layer.Layer<Storage, StorageOpenError | StorageLocked | StorageError> =>
  Layer.scoped(
    Storage,
    Effect.gen(function* () {
      const client = yield* Registry.acquire({ filename, refuse: notOurs })
      if (filename !== ":memory:" && !logged.has(client)) yield* Effect.logInfo(`The store is ${filename}`)
      logged.add(client)
      const services = Context.make(SqlClient.SqlClient, client).pipe(Context.add(Commits, client.commits))
      return yield* SqlStorage.make.pipe(
        Effect.provideServiceEffect(Dialect, SqliteDialect.make),
        Effect.provide(services)
      )
    })
  )

/** Fails if a file does not exist: `purpose` says what it is needed for. */
export const existing = (file: string, purpose: string): Effect.Effect<string, StorageOpenError> => {
  if (fs.existsSync(file)) return Effect.succeed(file)
  const message = `There is no store to ${purpose} at ${file}. Name its file with storage: { file }.`
  return Effect.fail(new StorageOpenError({ file, reason: "io", message }))
}

/** Runs an effect on the database of a file as it is: nothing is migrated. */
export const onFile = <A>(
  file: string,
  effect: Effect.Effect<A, StorageError, SqlClient.SqlClient>
): Effect.Effect<A, StorageOpenError | StorageLocked | StorageError> =>
  Registry.acquire({ filename: file, refuse: notOurs }).pipe(
    Effect.flatMap((client) => Effect.provideService(effect, SqlClient.SqlClient, client)),
    Effect.scoped
  )
