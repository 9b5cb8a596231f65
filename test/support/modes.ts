/** The two modes every conformance test runs in: in process, and over a loopback HTTP server of the same handlers. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Embedded } from "../../src/embedded.js"
import { RetryDelay } from "../../src/engine/jobs/Retries.js"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { promptServer } from "./httpServer.js"

/** The options of a scripted model, and of the engine over it. */
export interface ModeOptions extends Scripted.Scripted.Options {
  readonly engine?: Omit<Embedded.Options, "storage" | "model">
}

export type Mode = (
  script?: Scripted.Script,
  options?: ModeOptions
) => Layer.Layer<Julep | Julep.Managers | Scripted.Scripted, unknown>

const KEY = "loopback-key"

const ok: Scripted.Script = () => Scripted.reply("ok")

/** What an engine in memory reads of the environment: nothing. */
export const noEnvironment = Layer.setConfigProvider(ConfigProvider.fromMap(new Map()))

/** Real time passes in these modes: a job that fails is tried again at once. */
export const quickRetries = Layer.succeed(RetryDelay, 10)

/** In process, over a store that is empty when the layer is built. */
export const embeddedOn =
  (storage: Effect.Effect<Embedded.StorageOption, never, Scope.Scope>): Mode =>
  (script = ok, { engine, ...options } = {}) => {
    const model = Scripted.layer(script, options)
    const client = Effect.map(storage, (storage) => Embedded.layer({ ...engine, storage, model }))
    const surroundings = Layer.merge(noEnvironment, quickRetries)
    return Layer.merge(Layer.provide(Layer.unwrapScoped(client), surroundings), model)
  }

/** In process, in memory. */
export const embedded: Mode = embeddedOn(Effect.succeed("memory"))

/** What a served app goes through before its server. */
export type Through = (app: HttpApp.Default) => HttpApp.Default

/** Over HTTP: a server on a free loopback port, closed with the layer. */
export const remoteThrough =
  (through: Through): Mode =>
  (script = ok, { engine, ...options } = {}) => {
    const model = Scripted.layer(script, options)
    const app = Embedded.layerApp({ ...engine, storage: "memory", model, apiKey: KEY })
    const served = Layer.unwrapScoped(
      Effect.map(Embedded.EngineApp, (engine) => HttpServer.serve(through(engine)))
    ).pipe(Layer.provide(Layer.provide(app, quickRetries)))
    const server = NodeHttpServer.layer(promptServer, { host: "127.0.0.1", port: 0 })
    const client = Layer.unwrapEffect(
      Effect.map(HttpServer.HttpServer, ({ address }) =>
        Julep.layerFetch({
          apiKey: KEY,
          baseUrl: `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/api`
        })
      )
    )
    return Layer.mergeAll(client, model, served).pipe(Layer.provide(server))
  }

export const remote: Mode = remoteThrough(identity)

export const modes: ReadonlyArray<readonly [name: string, mode: Mode]> = [
  ["embedded", embedded],
  ["remote", remote]
]
