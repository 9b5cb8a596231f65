/** The engine as a server: on a listener, as an HTTP app, or as a function of web standards. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Failure } from "../layers/EngineOptions.js"
import { type EngineApp, layerEngine } from "../layers/ServerParts.js"
import type { JulepConfigError } from "../schema/Errors.js"
import * as App from "./app.js"
import * as Hosts from "./hosts.js"
import { limitsOf, type Options, type ServerOptions, split } from "./Options.js"

export type { Failure } from "../layers/EngineOptions.js"
export type { Authenticate, Identity, Keys } from "./Identity.js"
export type { Limits, Options, ServerOptions } from "./Options.js"

/** How long a closing server waits for its connections, after their responses have ended. */
const LINGER = Duration.millis(500)

/**
 * The server as an HTTP app, over the engine in the context.
 */
export const app: (
  options: ServerOptions
) => Effect.Effect<HttpApp.Default<never, Scope.Scope>, JulepConfigError, EngineApp> = (options) =>
  App.make(options, { isLoopback: () => false })

/**
 * The engine, served on a listener. The listener opens after the engine, so a request never waits for the store to open.
 * When the layer closes, the listener stops to accept, open streams end with an error event, and the engine closes.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http"
 * import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
 * import { Server } from "effect-julep/server"
 * import { Layer } from "effect"
 *
 * const listener = NodeHttpServer.layerServer(createServer, { host: "127.0.0.1", port: 8080 })
 * const server = Server.layer(listener, { storage: { file: "data/julep.db" }, keys: { operator: "secret" } })
 *
 * export const main = () => NodeRuntime.runMain(Layer.launch(server))
 * ```
 */
export const layer = <E, R>(
  listener: Layer.Layer<HttpServer.HttpServer, E, R>,
  options: Options
): Layer.Layer<HttpServer.HttpServer, E | Failure, R> =>
  Layer.scoped(
    HttpServer.HttpServer,
    Effect.gen(function* () {
      const opened = yield* Scope.make()
      const listening = yield* Scope.make()
      const serving = yield* Scope.make()
      yield* Effect.addFinalizer((exit) =>
        Effect.gen(function* () {
          const closed = yield* Effect.forkDaemon(Scope.close(listening, exit))
          yield* Scope.close(opened, exit)
          // A listener may wait for clients that keep their connections open.
          yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(closed)), LINGER)
          // Until now, whoever was still connected got an answer.
          yield* Scope.close(serving, exit)
        })
      )
      const { engine, server } = split(options)
      const limits = yield* limitsOf(server)
      const context = yield* Layer.buildWithScope(layerEngine(engine, limits), opened)
      let address: HttpServer.Address | undefined
      const isLoopback = () => address?._tag === "TcpAddress" && Hosts.isLoopback(address.hostname)
      const served = yield* Effect.provide(App.make(server, { isLoopback }), context)
      const http = Context.get(yield* Layer.buildWithScope(listener, listening), HttpServer.HttpServer)
      address = http.address
      yield* Scope.extend(http.serve(served), serving)
      return http
    })
  )
