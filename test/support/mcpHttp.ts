/** An agent served over HTTP on a loopback port, for a client of the official SDK. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Julep } from "../../src/index.js"
import * as AgentServer from "../../src/mcp/AgentServer.js"
import { promptServer } from "./httpServer.js"

/** The address of a server that runs until the scope closes. */
export const serve = (options: AgentServer.HttpOptions) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const context = yield* Layer.build(
      HttpRouter.Default.serve().pipe(
        Layer.provide(AgentServer.layerHttp(options)),
        Layer.provide(Layer.succeed(Julep, julep)),
        Layer.provideMerge(NodeHttpServer.layer(promptServer, { host: "127.0.0.1", port: 0 }))
      )
    )
    const { address } = yield* Effect.provide(HttpServer.HttpServer, context)
    return new URL(`http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}${options.path ?? "/mcp"}`)
  })

/** A client of the official SDK, connected to an address. */
export const connected = (url: URL, headers: Record<string, string> = {}, mode: "auto" | "legacy" = "legacy") =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } })
      await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }))
      return client
    }),
    (client) => Effect.promise(() => client.close())
  )
