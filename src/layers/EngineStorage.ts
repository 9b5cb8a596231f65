/** Where the engine stores its rows: a libSQL file, or memory. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { DamagedText, Inspection } from "../engine/ports/Inspection.js"
import { Storage, type StorageError } from "../engine/ports/Storage.js"
import { Commits } from "../engine/storage/Commits.js"
import * as Registry from "../engine/storage/libsql/Registry.js"
import * as SqlStorage from "../engine/storage/SqlStorage.js"
import { backUpTo } from "../engine/storage/sqlite/Backup.js"
import { damagedTexts } from "../engine/storage/sqlite/Damage.js"
import { inspect } from "../engine/storage/sqlite/Inspection.js"
import { notOurs } from "../engine/storage/sqlite/Ownership.js"
import { JulepConfigError } from "../schema/Errors.js"
import { type StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"

/** Where to store rows: a file, relative to the working directory, or memory, which is lost when the layer closes. */
export type StorageOption = { readonly file: string } | "memory"

/** The errors of opening a store. */
export type StorageFailure = StorageOpenError | StorageLocked | StorageError

const DEFAULT_FILE = path.join(".julep", "julep.db")

/** Creates the default folder, with a `.gitignore` that excludes it from git. */
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
      message: `The folder ${path.resolve(path.dirname(DEFAULT_FILE))} cannot be created. Name another file with storage: { file }.`,
      cause
    })
})

/** Connections whose file was logged: it is logged once, however many layers use it. */
const logged = globalValue(Symbol.for("effect-julep/storage/logged"), () => new WeakSet<object>())

const opened = (filename: string): Layer.Layer<Storage, StorageFailure> =>
  Layer.scoped(
    Storage,
    Effect.gen(function* () {
      const client = yield* Registry.acquire({ filename, refuse: notOurs })
      if (filename !== ":memory:" && !logged.has(client)) yield* Effect.logInfo(`The store is ${filename}`)
      logged.add(client)
      const services = Context.make(SqlClient.SqlClient, client).pipe(Context.add(Commits, client.commits))
      return yield* Effect.provide(SqlStorage.make, services)
    })
  )

const optionError = (option: unknown) => {
  const message = `storage must be { file: "data/julep.db" } or "memory", not ${JSON.stringify(option)}.`
  return new JulepConfigError({ message })
}

const isFile = (option: StorageOption): option is { readonly file: string } =>
  typeof option === "object" && option !== null && typeof option.file === "string"

/** The store of an option. */
export const choose = (option: StorageOption): Layer.Layer<Storage, StorageFailure | JulepConfigError> => {
  if (option === "memory") return opened(":memory:")
  return isFile(option) ? opened(path.resolve(option.file)) : Layer.fail(optionError(option))
}

const databaseUrl = Config.option(Config.nonEmptyString("JULEP_DATABASE_URL")).pipe(
  Effect.mapError((error) => new JulepConfigError({ message: `JULEP_DATABASE_URL cannot be read: ${error}` }))
)

/** The file of the environment, if it names one. */
const fileOfEnvironment = Effect.gen(function* () {
  const url = yield* databaseUrl
  if (Option.isNone(url)) return undefined
  if (/^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(url.value)) {
    return yield* new JulepConfigError({
      message: "JULEP_DATABASE_URL must be a path or a file: URL: this release stores its rows in a file."
    })
  }
  return path.resolve(url.value.replace(/^file:(\/\/(?=\/))?/, ""))
})

/** The store of the environment: `JULEP_DATABASE_URL`, a path or a file: URL. Default: `.julep/julep.db`. */
export const fromEnvironment: Layer.Layer<Storage, StorageFailure | JulepConfigError> = Layer.unwrapEffect(
  Effect.gen(function* () {
    const file = yield* fileOfEnvironment
    if (file === undefined) yield* prepareDefaultFolder
    return opened(file ?? path.resolve(DEFAULT_FILE))
  })
)

/** The file of an option, else of the environment, else the default one. */
export const fileOf = (option: { readonly file: string } | undefined): Effect.Effect<string, JulepConfigError> =>
  option === undefined
    ? Effect.map(fileOfEnvironment, (file) => file ?? path.resolve(DEFAULT_FILE))
    : Effect.succeed(path.resolve(option.file))

/** The file of an option, else of the environment. Fails if it does not exist: `purpose` says what it is needed for. */
const existingFile = (option: { readonly file: string } | undefined, purpose: string) =>
  Effect.gen(function* () {
    const file = yield* fileOf(option)
    if (fs.existsSync(file)) return file
    const message = `There is no store to ${purpose} at ${file}. Name its file with storage: { file }.`
    return yield* new StorageOpenError({ file, reason: "io", message })
  })

/** The store of an option, else of the environment, if there is one already. */
export const existing = (
  option: StorageOption | undefined,
  purpose: string
): Layer.Layer<Storage, StorageFailure | JulepConfigError> =>
  option === undefined || isFile(option)
    ? Layer.unwrapEffect(Effect.map(existingFile(option, purpose), opened))
    : choose(option)

/** Runs an effect on the database of an option, else of the environment, as its file has it: nothing is migrated. */
const onFile = <A>(
  option: StorageOption | undefined,
  purpose: string,
  effect: Effect.Effect<A, StorageError, SqlClient.SqlClient>
): Effect.Effect<A, StorageFailure | JulepConfigError> =>
  Effect.gen(function* () {
    if (option !== undefined && !isFile(option)) return yield* optionError(option)
    const file = yield* existingFile(option, purpose)
    const client = yield* Registry.acquire({ filename: file, refuse: notOurs })
    return yield* Effect.provideService(effect, SqlClient.SqlClient, client)
  }).pipe(Effect.scoped)

/** Copies the store of an option, else of the environment, to a new file. */
export const backUp = (
  target: string,
  option: StorageOption | undefined
): Effect.Effect<void, StorageFailure | JulepConfigError> => onFile(option, "back up", backUpTo(path.resolve(target)))

/** The texts that are not UTF-8 in the store of an option, else of the environment: the engine cannot read them. */
export const damaged = (
  option: StorageOption | undefined
): Effect.Effect<ReadonlyArray<DamagedText>, StorageFailure | JulepConfigError> => onFile(option, "check", damagedTexts)

/** What can be said of the store of an option, else of the environment. */
export const inspected = (
  option: StorageOption | undefined
): Effect.Effect<Inspection, StorageFailure | JulepConfigError> => onFile(option, "inspect", inspect)
