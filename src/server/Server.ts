/** The engine as a server: on a listener, as an HTTP app, or as a function of web standards. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Failure } from "../layers/EngineOptions.js"
import { backUp, checkVacuum, layerEngine } from "../layers/ServerParts.js"
import * as App from "./app.js"
import * as Hosts from "./hosts.js"
import { check, limitsOf, type Options, split } from "./Options.js"
import type { Handler } from "./webHandler.js"
import * as WebHandler from "./webHandler.js"

export type { Failure } from "../layers/EngineOptions.js"
export type { Authenticate, Identity, Keys } from "./Identity.js"
export type { Limits, Options, ServerOptions } from "./Options.js"
export type { PlaygroundFiles } from "./playground.js"

export type { Handler } from "./webHandler.js"

/** How long a closing server waits for its connections, from the moment when it stops to accept. */
const GRACE = 1500

/** The app over an engine that stays open until the scope closes. `isLoopback`: whether it is served on such an address. */
const opened = (options: Options, isLoopback: () => boolean) =>
  Effect.gen(function* () {
    const { engine, server } = split(options)
    // Before the engine opens: what cannot be served must not create a store.
    yield* check(server)
    const limits = yield* limitsOf(server)
    const context = yield* Layer.build(layerEngine(engine, limits))
    // Its finalizer is the first to run: a balancer must not send requests to a server that closes.
    let isClosing = false
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isClosing = true
      })
    )
    const around = {
      isLoopback,
      isClosing: () => isClosing,
      maxBodySize: engine.maxBodySize,
      backUp: (file: string) => backUp(engine, file),
      checkVacuum: checkVacuum(engine)
    }
    return yield* Effect.provide(App.make(server, around), context)
  })

/**
 * The server as an HTTP app, for a program that has a server already. Its engine is open until the scope closes. The app
 * answers at the root: mount it so, or behind a prefix that is removed.
 *
 * @example
 * ```ts
 * import { HttpServer } from "@effect/platform"
 * import { Server } from "effect-julep/server"
 * import { Effect, Layer } from "effect"
 *
 * const app = Server.app({ storage: { file: "data/julep.db" }, keys: { operator: "secret" } })
 * const served = Layer.unwrapScoped(Effect.map(app, (app) => HttpServer.serve(app)))
 * ```
 */
export const app = (options: Options): Effect.Effect<HttpApp.Default<never, Scope.Scope>, Failure, Scope.Scope> =>
  opened(options, () => false)

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
      const engine = yield* Scope.make()
      const listening = yield* Scope.make()
      const serving = yield* Scope.make()
      yield* Effect.addFinalizer((exit) =>
        Effect.gen(function* () {
          const began = yield* Clock.currentTimeMillis
          const closed = yield* Effect.forkDaemon(Scope.close(listening, exit))
          yield* Scope.close(engine, exit)
          // A listener may wait for clients that keep their connections open.
          const left = Math.max(0, began + GRACE - (yield* Clock.currentTimeMillis))
          yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(closed)), left)
          // Until now, clients that were still connected got an answer.
          yield* Scope.close(serving, exit)
        })
      )
      let address: HttpServer.Address | undefined
      const isLoopback = () => address?._tag === "TcpAddress" && Hosts.isLoopback(address.hostname)
      const served = yield* Scope.extend(opened(options, isLoopback), engine)
      const http = Context.get(yield* Layer.buildWithScope(listener, listening), HttpServer.HttpServer)
      address = http.address
      // The span that the platform makes would hold the key and the query.
      yield* HttpMiddleware.withTracerDisabledWhenEffect(Scope.extend(http.serve(served), serving), () => true)
      return http
    })
  )

/**
 * The server as a function from `Request` to `Response`, for Hono, Next.js and others that run where there is a file
 * system. The promise rejects with {@link Failure} if the engine does not open. Close it before the process ends.
 *
 * @example
 * ```ts
 * import { Server } from "effect-julep/server"
 *
 * const { handler, close } = await Server.handler({ storage: { file: "data/julep.db" }, keys: { operator: "secret" } })
 * const response = await handler(new Request("http://localhost/health"))
 * const { status }: { status: string } = await response.json()
 * await close()
 * ```
 */
export const handler = (options: Options): Promise<Handler> => WebHandler.make(app(options))
