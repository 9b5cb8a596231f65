import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { createMcpHandler } from "@modelcontextprotocol/server"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { promptServer } from "./httpServer.js"
import { official } from "./mcpOfficial.js"

/** The official server on a loopback port, and the keys that it receives. */
export const officialHttp = () =>
  Effect.gen(function* () {
    const heard: Array<string | undefined> = []
    const handler = createMcpHandler(() => official())
    const app = Effect.tap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
      Effect.sync(() => heard.push(headers["authorization"]))
    ).pipe(Effect.zipRight(HttpApp.fromWebHandler((request) => handler.fetch(request))))
    const context = yield* Layer.build(
      HttpServer.serve(app).pipe(Layer.provideMerge(NodeHttpServer.layer(promptServer, { host: "127.0.0.1", port: 0 })))
    )
    const { address } = yield* Effect.provide(HttpServer.HttpServer, context)
    return { heard, url: `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/mcp?key=k` }
  })
