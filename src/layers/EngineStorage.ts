/** Where the engine stores its rows: a libSQL file, a PostgreSQL database, or memory. */
import * as path from "node:path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Inspection, PostgresInspection } from "../engine/ports/Inspection.js"
import type { Storage, StorageError } from "../engine/ports/Storage.js"
import { backUpTo } from "../engine/storage/sqlite/Backup.js"
import { inspect } from "../engine/storage/sqlite/Inspection.js"
import { JulepConfigError } from "../schema/Errors.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import type { StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"
import * as FileStorage from "./FileStorage.js"
import { isPostgresUrl, type PostgresOptions, type PostgresStore, pathOf, postgresStore } from "./storeUrl.js"

export type { PostgresOptions } from "./storeUrl.js"

/**
 * Where to store rows: a file, relative to the working directory; a PostgreSQL database, which several processes can share;
 * or memory, which is lost when the layer closes.
 */
export type StorageOption = { readonly file: string } | PostgresOptions | "memory"

/** The errors of opening a store. */
export type StorageFailure = StorageOpenError | StorageLocked | StorageError

/** Where a store is. */
type StoreLocation = { readonly _tag: "File"; readonly file: string } | ({ readonly _tag: "Postgres" } & PostgresStore)

const fault = (message: string) => new JulepConfigError({ message })

/** The option is not repeated, because it may hold a password. */
const optionError = () => fault('storage must be { file: "data/julep.db" }, { url: "postgres://..." } or "memory".')

const POSTGRES: OptionNames<PostgresOptions> = { url: true, poolSize: true, prepared: true }

const postgresLocation = (options: PostgresOptions, name: string): Either.Either<StoreLocation, JulepConfigError> => {
  const unknown = unknownOption("storage", options, POSTGRES)
  if (unknown !== undefined) return Either.left(fault(unknown.message))
  return Either.map(postgresStore(options, name), (store) => ({ _tag: "Postgres", ...store }))
}

const locationOf = (option: StorageOption): Either.Either<StoreLocation, JulepConfigError> => {
  if (typeof option !== "object" || option === null) return Either.left(optionError())
  if ("url" in option && option.url !== undefined) return postgresLocation(option, "storage.url")
  if (!("file" in option) || typeof option.file !== "string") return Either.left(optionError())
  return isPostgresUrl(option.file)
    ? Either.left(fault("storage: { file } names a file. Name a PostgreSQL database with storage: { url }."))
    : Either.right({ _tag: "File", file: path.resolve(option.file) })
}

/** The location that `JULEP_DATABASE_URL` names, if it does: a path, a `file:` URL or the URL of a PostgreSQL database. */
const locationOfEnvironment: Effect.Effect<StoreLocation | undefined, JulepConfigError> = Effect.gen(function* () {
  const name = "JULEP_DATABASE_URL"
  const variable = Config.option(Config.redacted(Config.nonEmptyString("JULEP_DATABASE_URL")))
  const given = yield* Effect.mapError(variable, (error) => fault(`${name} cannot be read: ${error}`))
  if (Option.isNone(given)) return undefined
  const text = Redacted.value(given.value)
  if (isPostgresUrl(text)) return yield* postgresLocation({ url: given.value }, name)
  const file = pathOf(text)
  if (file === undefined) {
    return yield* fault(`${name} must be a path, a file: URL, or the URL of a PostgreSQL database (postgres://...).`)
  }
  return { _tag: "File", file: path.resolve(file) }
})

/** The location of an option, else of the environment, else the default file. */
const resolved = (
  option: Exclude<StorageOption, "memory"> | undefined
): Effect.Effect<StoreLocation, JulepConfigError> =>
  option === undefined
    ? Effect.map(
        locationOfEnvironment,
        (location) => location ?? { _tag: "File", file: path.resolve(FileStorage.DEFAULT_FILE) }
      )
    : locationOf(option)

/** Loaded on first use, so that it costs an engine on a file nothing. */
const postgres = Effect.promise(() => import("../engine/storage/postgres/Store.js"))

const onPostgres = (store: PostgresStore): Layer.Layer<Storage, StorageFailure> =>
  Layer.unwrapEffect(Effect.map(postgres, ({ layer }) => layer(store)))

const opened = (location: StoreLocation): Layer.Layer<Storage, StorageFailure> =>
  location._tag === "File" ? FileStorage.opened(location.file) : onPostgres(location)

/** The store of an option. */
export const choose = (option: StorageOption): Layer.Layer<Storage, StorageFailure | JulepConfigError> =>
  option === "memory"
    ? FileStorage.opened(":memory:")
    : Either.match(locationOf(option), { onLeft: (error) => Layer.fail(error), onRight: opened })

/** The store of the environment: that of `JULEP_DATABASE_URL`. Default: `.julep/julep.db`. */
export const fromEnvironment: Layer.Layer<Storage, StorageFailure | JulepConfigError> = Layer.unwrapEffect(
  Effect.gen(function* () {
    const location = yield* locationOfEnvironment
    if (location !== undefined) return opened(location)
    yield* FileStorage.prepareDefaultFolder
    return FileStorage.opened(path.resolve(FileStorage.DEFAULT_FILE))
  })
)

/** Where the store of an option, else of the environment, is: its file, if it is one, and what to call it. */
export const locationNamed = (
  option: Exclude<StorageOption, "memory"> | undefined
): Effect.Effect<{ readonly file: string | undefined; readonly label: string }, JulepConfigError> =>
  Effect.map(resolved(option), (location) =>
    location._tag === "File"
      ? { file: location.file, label: location.file }
      : { file: undefined, label: location.displayUrl }
  )

/** The store of an option, else of the environment, if there is one already. */
export const existing = (
  option: StorageOption | undefined,
  purpose: string
): Layer.Layer<Storage, StorageFailure | JulepConfigError> =>
  option === "memory"
    ? choose(option)
    : Layer.unwrapEffect(
        Effect.gen(function* () {
          const location = yield* resolved(option)
          if (location._tag === "File") yield* FileStorage.existing(location.file, purpose)
          return opened(location)
        })
      )

/** The file of an option, else of the environment. Fails for a PostgreSQL database: `instead` says what to do there. */
const fileFor = (option: StorageOption | undefined, purpose: string, instead: string) =>
  Effect.gen(function* () {
    if (option === "memory") return yield* fault(`A store in memory has no file to ${purpose}.`)
    const location = yield* resolved(option)
    return location._tag === "File" ? yield* FileStorage.existing(location.file, purpose) : yield* fault(instead)
  })

/** How the operator of a PostgreSQL database does what commands do with a file. */
export const ON_POSTGRES = {
  backup:
    'PostgreSQL makes its own backups: run `pg_dump --format=custom --file=julep.dump "$JULEP_DATABASE_URL"`, or use those of your provider. To copy a store to a file, use `effect-julep move`.',
  vacuum: "PostgreSQL frees room by itself (autovacuum). Leave out --vacuum, or run VACUUM FULL with psql."
} as const

/** Copies the store of an option, else of the environment, to a new file. */
export const backUp = (
  target: string,
  option: StorageOption | undefined
): Effect.Effect<void, StorageFailure | JulepConfigError> =>
  Effect.flatMap(fileFor(option, "back up", ON_POSTGRES.backup), (file) =>
    FileStorage.onFile(file, backUpTo(path.resolve(target)))
  )

/** Fails for a store that cannot be written anew without gaps. */
export const checkVacuum = (option: StorageOption | undefined): Effect.Effect<void, JulepConfigError> =>
  option === "memory"
    ? Effect.void
    : Effect.flatMap(resolved(option), ({ _tag }) => (_tag === "File" ? Effect.void : fault(ON_POSTGRES.vacuum)))

/** What can be said of the store in a file. */
export const inspected = (file: string): Effect.Effect<Inspection, StorageFailure> =>
  Effect.flatMap(FileStorage.existing(file, "inspect"), (file) => FileStorage.onFile(file, inspect))

/** What can be said of a PostgreSQL database, and the version of the schema that this release knows. */
export const inspectedDatabase = (
  store: PostgresStore
): Effect.Effect<PostgresInspection & { readonly known: number }, StorageFailure> =>
  Effect.flatMap(postgres, ({ inspected, schemaVersion }) =>
    Effect.map(inspected(store), (found) => ({ ...found, known: schemaVersion }))
  )
