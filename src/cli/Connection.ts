/** What a command talks to: a store that it opens itself, or a server. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { ModelOption } from "../layers/EngineModel.js"
import { Julep as Client } from "../layers/Julep.js"
import { isPostgresUrl, type PostgresStore, pathOf, postgresStore } from "../layers/storeUrl.js"
import type { JulepConfigError } from "../schema/Errors.js"
import { canonicalUuid, isUuid } from "../schema/Field.js"
import type { Julep } from "../services/Julep.js"
import { type Failure, Missing, UsageError } from "./exitCodes.js"
import { type Serving, servingOf } from "./serving.js"

/** The option that names a store. `more`: what its description adds. */
export const db = (more = "") =>
  Options.text("db").pipe(
    Options.withPseudoName("STORE"),
    Options.withDescription(
      `The store: a file, or the URL of a PostgreSQL database. Default: JULEP_DATABASE_URL, else .julep/julep.db.${more}`
    ),
    Options.optional
  )

/** The options that say what a command talks to. */
export const targetOptions = {
  db: db(" If a server has the file open, the command goes to that server."),
  url: Options.text("url").pipe(
    Options.withPseudoName("URL"),
    Options.withDescription(
      "A server, in place of a store. Its key is read from JULEP_API_KEY. Default: JULEP_API_URL."
    ),
    Options.optional
  )
}

/** The options that say what a command talks to, and for whom. */
export const connection = {
  ...targetOptions,
  developer: Options.text("developer").pipe(
    Options.withPseudoName("UUID"),
    Options.withDescription("The developer to act for. Default: that of the key; of a store, the nil UUID."),
    Options.optional
  )
}

/** The values of {@link targetOptions}. */
export interface TargetOptions {
  readonly db: Option.Option<string>
  readonly url: Option.Option<string>
}

/** The values of {@link connection}. */
export interface ConnectionOptions extends TargetOptions {
  readonly developer: Option.Option<string>
}

/** A store in a file. The folder of the default one is created with it. */
export interface FileStore {
  readonly _tag: "File"
  readonly file: string
  readonly isDefault: boolean
}

/** A store in a PostgreSQL database. */
export interface DatabaseStore extends PostgresStore {
  readonly _tag: "Database"
}

/** A store that this process opens. */
export type Store = FileStore | DatabaseStore

/** A store as errors and reports name it. */
export const storeLabel = (store: Store): string => (store._tag === "File" ? store.file : store.displayUrl)

/** The option of an engine that names a store. */
export const storageOf = (store: Store) =>
  store._tag === "File" ? { file: store.file } : { url: store.url, poolSize: store.poolSize, prepared: store.prepared }

/** The same, but absent for the default file, whose folder the engine creates. */
export const optionOf = (store: Store) => (store._tag === "File" && store.isDefault ? undefined : storageOf(store))

/** A server: of its URL, or that which has the store open. */
export interface Server extends Serving {
  readonly _tag: "Server"
}

export type Target = Store | Server

const DEFAULT_FILE = path.join(".julep", "julep.db")

const variable = (name: string) =>
  Config.string(name).pipe(
    Config.map((value) => value.trim()),
    Config.option,
    Config.map(Option.filter((value) => value !== "")),
    Effect.mapError((error) => new UsageError({ message: `${name} cannot be read: ${error}` }))
  )

const apiKey = Effect.flatMap(variable("JULEP_API_KEY"), (key) =>
  Option.isSome(key)
    ? Effect.succeed(Redacted.make(key.value))
    : Effect.fail(new UsageError({ message: "A server needs a key: set JULEP_API_KEY to it." }))
)

/** A store that a text names. `name`: where the text is from. The text is not repeated, because it may hold a password. */
export const storeOf = (given: string, name: string): Effect.Effect<Store, UsageError | JulepConfigError> => {
  if (isPostgresUrl(given)) {
    return Effect.map(postgresStore({ url: given }, name), (store) => ({ _tag: "Database", ...store }))
  }
  const file = pathOf(given)
  if (file !== undefined) return Effect.succeed({ _tag: "File", file: path.resolve(file), isDefault: false })
  const message = `${name} must be a path, or the URL of a PostgreSQL database (postgres://...). Name a server with --url.`
  return Effect.fail(new UsageError({ message }))
}

const VARIABLE = "JULEP_DATABASE_URL"

/** The store of an option, else of the environment, else the default one, also if a server has it open. */
export const storeNamed = (given: Option.Option<string>): Effect.Effect<Store, UsageError | JulepConfigError> =>
  Effect.gen(function* () {
    if (Option.isSome(given)) return yield* storeOf(given.value, "--db")
    const named = yield* variable(VARIABLE)
    return Option.isSome(named)
      ? yield* storeOf(named.value, VARIABLE)
      : { _tag: "File", file: path.resolve(DEFAULT_FILE), isDefault: true }
  })

/** A store, or the server that has its file open. Programs share a database, so none is looked for there. */
const openedBy = (store: Store): Effect.Effect<Target, UsageError> =>
  store._tag === "Database"
    ? Effect.succeed(store)
    : Effect.map(
        servingOf(store.file),
        Option.match({
          onNone: (): Target => store,
          onSome: (serving): Target => ({ _tag: "Server", ...serving })
        })
      )

/** What the options name, else the environment: a server before a store. */
export const target = ({ db, url }: TargetOptions): Effect.Effect<Target, UsageError | JulepConfigError> =>
  Effect.gen(function* () {
    if (Option.isSome(db) && Option.isSome(url)) {
      return yield* new UsageError({ message: "--db names a store and --url a server: give one of them." })
    }
    const server = Option.isSome(url) || Option.isSome(db) ? url : yield* variable("JULEP_API_URL")
    if (Option.isSome(server)) {
      if (!/^https?:\/\//i.test(server.value)) {
        const name = Option.isSome(url) ? "--url" : "JULEP_API_URL"
        // It is not repeated, because it may hold a password.
        const message = `${name} must be the URL of a server, such as http://127.0.0.1:8080.`
        return yield* new UsageError({ message })
      }
      return { _tag: "Server", url: server.value, key: yield* apiKey } as const
    }
    return yield* Effect.flatMap(storeNamed(db), openedBy)
  })

/** Fails if there is no such file, unless the command may create it. A database gets its tables when it is opened. */
export const checkExists = (store: Store, creates: boolean): Effect.Effect<void, Missing> =>
  creates || store._tag === "Database" || fs.existsSync(store.file)
    ? Effect.void
    : Effect.fail(
        new Missing({
          message: `There is no store at ${store.file}. Name one with --db or a server with --url, or create it with \`effect-julep agents create\`.`
        })
      )

/** The developer of `--developer`, if it is given. */
export const developerOf = (developer: Option.Option<string>): Effect.Effect<string | undefined, UsageError> => {
  if (Option.isNone(developer)) return Effect.succeed(undefined)
  const id = canonicalUuid(developer.value)
  return isUuid(id)
    ? Effect.succeed(id)
    : Effect.fail(new UsageError({ message: `--developer must be a UUID, not ${JSON.stringify(developer.value)}.` }))
}

/** How a command uses a store. */
export interface StoreUse {
  /** Whether a store that is not there is created. */
  readonly creates: boolean
  /** The model that answers. Default: that of the environment. */
  readonly model?: ModelOption | undefined
}

/** The client and every manager over what the options name. The engine is loaded only for a store. */
export const julep = (
  given: ConnectionOptions,
  { creates, model }: StoreUse
): Layer.Layer<Julep | Julep.Managers, Failure> =>
  Layer.unwrapEffect(
    Effect.gen(function* (): Effect.fn.Return<Layer.Layer<Julep | Julep.Managers, Failure>, Failure> {
      const developer = yield* developerOf(given.developer)
      const to = yield* target(given)
      if (to._tag === "Server") {
        if (model !== undefined) {
          return yield* new UsageError({
            message: `The server at ${to.url} answers with its own model: leave out --model, or stop it and use the store.`
          })
        }
        const headers: Record<string, string> = developer === undefined ? {} : { "x-developer-id": developer }
        return Client.layerFetch({ baseUrl: to.url, apiKey: to.key, headers })
      }
      yield* checkExists(to, creates)
      const Embedded = yield* Effect.promise(() => import("../layers/Embedded.js"))
      return Embedded.layer({ storage: optionOf(to), model, developer })
    })
  )
