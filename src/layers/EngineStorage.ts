/** Where the engine keeps its rows: a libSQL file, or memory. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Storage, type StorageError } from "../engine/ports/Storage.js"
import { Commits } from "../engine/storage/Commits.js"
import * as Registry from "../engine/storage/libsql/Registry.js"
import * as SqlStorage from "../engine/storage/SqlStorage.js"
import { JulepConfigError } from "../schema/Errors.js"
import { type StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"

/** Where to keep rows: a file (relative to the working directory), or memory, gone when the layer closes. */
export type StorageOption = { readonly file: string } | "memory"

/** Why a store does not open. */
export type StorageFailure = StorageOpenError | StorageLocked | StorageError

const DEFAULT_FILE = path.join(".julep", "julep.db")

/** The default folder ignores itself in git. */
const prepareDefaultFolder = Effect.try({
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
      message: `The folder ${path.resolve(path.dirname(DEFAULT_FILE))} cannot be made. Give storage: { file } another place.`,
      cause
    })
})

/** The connections whose file was named in the log: once is enough, however many layers are on it. */
const told = globalValue(Symbol.for("effect-julep/storage/told"), () => new WeakSet<object>())

const opened = (filename: string): Layer.Layer<Storage, StorageFailure> =>
  Layer.scoped(
    Storage,
    Effect.gen(function* () {
      const client = yield* Registry.acquire({ filename })
      if (filename !== ":memory:" && !told.has(client)) yield* Effect.logInfo(`The store is ${filename}`)
      told.add(client)
      const services = Context.make(SqlClient.SqlClient, client).pipe(Context.add(Commits, client.commits))
      return yield* Effect.provide(SqlStorage.make, services)
    })
  )

/** The store that an option names. */
export const choose = (option: StorageOption): Layer.Layer<Storage, StorageFailure | JulepConfigError> => {
  if (option === "memory") return opened(":memory:")
  if (typeof option !== "object" || typeof option.file !== "string") {
    const message = `storage: ${JSON.stringify(option)} is no store: give { file: "data/julep.db" } or "memory".`
    return Layer.fail(new JulepConfigError({ message }))
  }
  return opened(path.resolve(option.file))
}

const databaseUrl = Config.option(Config.nonEmptyString("JULEP_DATABASE_URL")).pipe(
  Effect.mapError((error) => new JulepConfigError({ message: `JULEP_DATABASE_URL cannot be read: ${error}` }))
)

/** The store that the environment names: `JULEP_DATABASE_URL` (a path or a file: URL), else `.julep/julep.db`. */
export const fromEnvironment: Layer.Layer<Storage, StorageFailure | JulepConfigError> = Layer.unwrapEffect(
  Effect.gen(function* () {
    const url = yield* databaseUrl
    if (Option.isNone(url)) {
      yield* prepareDefaultFolder
      return opened(path.resolve(DEFAULT_FILE))
    }
    if (/^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(url.value)) {
      return yield* Effect.fail(
        new JulepConfigError({
          message: "JULEP_DATABASE_URL must be a path or a file: URL: this release keeps its rows in a file."
        })
      )
    }
    return opened(path.resolve(url.value.replace(/^file:(\/\/(?=\/))?/, "")))
  })
)
