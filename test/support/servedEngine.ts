/** The engine behind a real server on the loopback interface, for clients that are not ours. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { onTestFinished } from "vitest"
import { Embedded } from "../../src/embedded.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { promptServer } from "./httpServer.js"

export const KEY = "loopback-key-0123456789"

/** Serves an engine that stores in memory, until the scope closes; the result is its origin. */
export const serveEngine = (options: Omit<Embedded.AppOptions, "storage" | "apiKey">) => {
  const app = Embedded.layerApp({ storage: "memory", apiKey: KEY, ...options })
  const served = Layer.unwrapScoped(Effect.map(Embedded.EngineApp, (engine) => HttpServer.serve(engine))).pipe(
    Layer.provide(app),
    Layer.provideMerge(NodeHttpServer.layer(promptServer, { host: "127.0.0.1", port: 0 }))
  )
  return Effect.map(Layer.build(served), (context) => {
    const { address } = Context.get(context, HttpServer.HttpServer)
    return `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}`
  })
}

/** A served engine whose model follows a script; without one, the offline model answers. Closed when the test ends. */
export const servedEngine = async (script?: Scripted.Script, options?: { readonly maxBodySize: number }) => {
  const model = script === undefined ? ("offline" as const) : Scripted.layer(script)
  const scope = Effect.runSync(Scope.make())
  onTestFinished(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  const origin = await Effect.runPromise(Scope.extend(serveEngine({ ...options, model }), scope))
  return { apiKey: KEY, origin, baseUrl: `${origin}/api` }
}
