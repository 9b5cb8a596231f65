/** The engine behind a real server on the loopback interface, for clients that are not ours; closed when the test ends. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { onTestFinished } from "vitest"
import { Embedded } from "../../src/embedded.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { promptServer } from "./httpServer.js"

export const KEY = "loopback-key-0123456789"

/** A served engine whose model follows a script; without one, the offline model answers. */
export const servedEngine = async (script?: Scripted.Script, options?: { readonly maxBodySize: number }) => {
  const model = script === undefined ? ("offline" as const) : Scripted.layer(script)
  const app = Embedded.layerApp({ ...options, storage: "memory", model, apiKey: KEY })
  const served = Layer.unwrapScoped(Effect.map(Embedded.EngineApp, (engine) => HttpServer.serve(engine))).pipe(
    Layer.provide(app),
    Layer.provideMerge(NodeHttpServer.layer(promptServer, { host: "127.0.0.1", port: 0 }))
  )
  const runtime = ManagedRuntime.make(served)
  onTestFinished(() => runtime.dispose())
  const { address } = await runtime.runPromise(HttpServer.HttpServer)
  const origin = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}`
  return { apiKey: KEY, origin, baseUrl: `${origin}/api` }
}
