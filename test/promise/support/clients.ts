/** Clients of promises over an engine in memory and over a loopback server, closed when the test file ends. */
import * as http from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { onTestFinished, vi } from "vitest"
import { Embedded } from "../../../src/embedded.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { Client, type ClientOptions } from "../../../src/promise/index.js"

// The imports map of the package leads to what was built; tests run the sources.
vi.mock("#embedded", () => vi.importActual("../../../src/promise/embedded.js"))

export const KEY = "loopback-key-0123456789"

/** A served engine whose model follows a script, until the test ends. */
export const servedEngine = async (script?: Scripted.Script): Promise<ClientOptions> => {
  const model = script === undefined ? ("offline" as const) : Scripted.layer(script)
  const app = Embedded.layerApp({ storage: "memory", model, apiKey: KEY })
  const served = Layer.unwrapScoped(Effect.map(Embedded.EngineApp, (engine) => HttpServer.serve(engine))).pipe(
    Layer.provide(app),
    Layer.provideMerge(NodeHttpServer.layer(() => http.createServer(), { host: "127.0.0.1", port: 0 }))
  )
  const runtime = ManagedRuntime.make(served)
  onTestFinished(() => runtime.dispose())
  const { address } = await runtime.runPromise(HttpServer.HttpServer)
  const port = address._tag === "TcpAddress" ? address.port : 0
  return { apiKey: KEY, baseUrl: `http://127.0.0.1:${port}/api` }
}

/** The client, closed when the test ends. */
export const closing = (client: Client): Client => {
  onTestFinished(() => client.close())
  return client
}

/** A client of a new engine in memory, with the offline model. */
export const embeddedClient = (): Client => closing(Client.embedded({ storage: "memory", model: "offline" }))

/** A client of a server of the same. */
export const remoteClient = async (script?: Scripted.Script): Promise<Client> =>
  closing(new Client(await servedEngine(script)))

/** The two modes, as ways to make a client. */
export const modes: ReadonlyArray<readonly [name: string, make: () => Client | Promise<Client>]> = [
  ["embedded", embeddedClient],
  ["remote", () => remoteClient()]
]
