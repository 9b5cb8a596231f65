/** Serves a store until the process is stopped: its key, its listener, and the files beside it. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Options as EngineOptions } from "../../layers/EngineOptions.js"
import * as EngineStorage from "../../layers/EngineStorage.js"
import { modelOf } from "../../layers/ServerParts.js"
import { JulepConfigError } from "../../schema/Errors.js"
import { isLoopback } from "../../server/hosts.js"
import type { ServerOptions } from "../../server/Options.js"
import * as Server from "../../server/Server.js"
import * as serving from "../serving.js"
import * as KeyFile from "./KeyFile.js"
import * as Listener from "./listener.js"
import { playgroundFiles } from "./playgroundFiles.js"
import * as ServingFile from "./ServingFile.js"

/** What is served, where, and with which key. */
export interface ServeOptions extends Listener.ListenerOptions {
  readonly engine: Omit<EngineOptions, "storage"> & {
    readonly storage?: Exclude<EngineOptions["storage"], "memory">
  }
  readonly server?: Omit<ServerOptions, "keys" | "authenticate"> | undefined
  /** The key of the operator. Default: that of the key file, which is made on the first start. */
  readonly key?: Redacted.Redacted | undefined
  readonly keyHeader?: string | undefined
  readonly trustDeveloperHeader?: boolean | undefined
}

/** A server that listens. */
export interface Started {
  /** Its address, such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** The file of the store, or its URL without its password. */
  readonly store: string
  /** The model, as a person would name it. */
  readonly model: string
  /** The file of the key, unless the key was given. */
  readonly keyFile: string | undefined
  readonly key: Redacted.Redacted
  /** Whether the page at `/playground` is there: a clone may not have built it. */
  readonly hasPlayground: boolean
}

const urlOf = (host: string, { address }: HttpServer.HttpServer): string => {
  const name = host.includes(":") ? `[${host}]` : host
  return address._tag === "TcpAddress" ? `http://${name}:${address.port}` : address.path
}

/** The key of the operator, and where it is kept. One that was made is written once the store is open. */
const keyOf = (store: string | undefined, { host, key }: ServeOptions) =>
  Effect.gen(function* () {
    if (key !== undefined) return { key, keyFile: undefined, save: Effect.void }
    if (store === undefined) {
      const message =
        "A server of a PostgreSQL database needs AGENTS_API_KEY, because there is no file to keep a key beside, and all servers of a database should have the same. Set it to a secret of your own, such as the output of `openssl rand -hex 32`."
      return yield* new JulepConfigError({ message })
    }
    const keyFile = serving.keyFile(store)
    const kept = yield* KeyFile.read(store)
    if (kept !== undefined) return { key: kept, keyFile, save: Effect.void }
    if (!isLoopback(host)) {
      return yield* new JulepConfigError({
        message: `Others can reach ${host}, and there is no key yet. Set AGENTS_API_KEY, or write a key into ${keyFile}.`
      })
    }
    const made = yield* KeyFile.make
    return { key: made, keyFile, save: KeyFile.write(store, made) }
  })

/** Loaded for the first request to `/mcp`. */
const mcp = Effect.flatMap(
  Effect.promise(() => import("../../mcp/AgentServer.js")),
  ({ app }) => app
)

/** Serves a store until the scope closes, and describes the server once it listens. */
export const serve = (options: ServeOptions) =>
  Effect.gen(function* () {
    const { engine, host, keyHeader, server, trustDeveloperHeader } = options
    const { file, label } = yield* EngineStorage.locationNamed(engine.storage)
    const { key, keyFile, save } = yield* keyOf(file, options)
    const model = yield* modelOf(engine)
    // The store is open before the listener is built, so this process alone writes beside it.
    const listener = Layer.unwrapEffect(Effect.as(save, Listener.layer(options)))
    const keys = { operator: key, header: keyHeader, trustDeveloperHeader }
    const playground = playgroundFiles()
    const context = yield* Layer.build(Server.layer(listener, { mcp, playground, ...engine, ...server, keys }))
    const url = urlOf(host, Context.get(context, HttpServer.HttpServer))
    if (file !== undefined) yield* ServingFile.written(file, url)
    return { url, store: label, model, keyFile, key, hasPlayground: playground !== undefined } satisfies Started
  })
