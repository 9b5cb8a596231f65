// A server of the engine on a free loopback port, until a signal: server.ts <file>. Its model never ends a reply.
import * as http from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Embedded } from "../../../src/embedded.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { say } from "./say.js"

const [file = ""] = process.argv.slice(2)
const model = Scripted.layer((request) =>
  request.messages.at(-1)?.content === "Wait" ? Scripted.never : Scripted.pieces(["Half of ", "a "], Scripted.never)
)

const served = Layer.unwrapScoped(Effect.map(Embedded.EngineApp, (engine) => HttpServer.serve(engine))).pipe(
  Layer.provide(Embedded.layerApp({ storage: { file }, model }))
)
// The server listens before it has an app, and Node leaves requests without one unanswered: the port is printed after it.
const ready = Layer.effectDiscard(
  Effect.map(HttpServer.HttpServer, ({ address }) => say(String(address._tag === "TcpAddress" ? address.port : 0)))
)

Layer.launch(Layer.provide(ready, served)).pipe(
  Effect.provide(NodeHttpServer.layer(() => http.createServer(), { host: "127.0.0.1", port: 0 })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  NodeRuntime.runMain
)
