import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Engine } from "../usecases/Engine.js"
import type { Idempotency } from "../usecases/Idempotency.js"
import { AgentsHandlers } from "./AgentsHandlers.js"
import { type ServerKey, withKey } from "./Auth.js"
import { untilClosed } from "./Closing.js"
import { DocsHandlers } from "./DocsHandlers.js"
import { EngineApi } from "./EngineApi.js"
import { JobsHandlers } from "./JobsHandlers.js"
import { MemoriesHandlers } from "./MemoriesHandlers.js"
import { ChatHandlers, CompletionsHandlers, ModelsHandlers } from "./OpenAiHandlers.js"
import { SessionsHandlers } from "./SessionsHandlers.js"
import { ToolsHandlers } from "./ToolsHandlers.js"
import { UsersHandlers } from "./UsersHandlers.js"
import { answered, withWireErrors } from "./WireErrors.js"

/** The engine as an HTTP app: run in process by the embedded client, or served to others. */
export class EngineApp extends Context.Tag("effect-julep/engine/EngineApp")<EngineApp, HttpApp.Default>() {
  /** The app over the engine; with a key, requests must carry it. One that is `served` ends its streams when it closes. */
  static readonly layer = (
    options: { readonly key?: ServerKey | undefined; readonly served?: boolean } = {}
  ): Layer.Layer<EngineApp, never, Engine | Idempotency> =>
    Layer.scoped(EngineApp, options.served === true ? Effect.flatMap(make, untilClosed) : make).pipe(
      Layer.provide([HttpApiBuilder.api(EngineApi), edge(options.key)]),
      Layer.provide([groups, HttpApiBuilder.Middleware.layer]),
      Layer.provide([HttpApiBuilder.Router.Live, HttpServer.layerContext])
    )
}

/** Around every handler: the server's key, and every failure as the API's error body. */
const edge = (key: ServerKey | undefined) =>
  HttpApiBuilder.middleware((app) => {
    const done = withWireErrors(app)
    return key === undefined ? done : answered(withKey(key)(done))
  })

const groups = Layer.mergeAll(
  AgentsHandlers,
  UsersHandlers,
  SessionsHandlers,
  DocsHandlers,
  MemoriesHandlers,
  ToolsHandlers,
  JobsHandlers,
  ChatHandlers,
  CompletionsHandlers,
  ModelsHandlers
)

/** The gateway of v0.3 served the agents API under `/api` and stripped it: both addresses work. */
const withoutPrefix = (request: HttpServerRequest.HttpServerRequest): HttpServerRequest.HttpServerRequest =>
  request.url.startsWith("/api/") ? request.modify({ url: request.url.slice("/api".length) }) : request

const make = Effect.gen(function* () {
  const app = yield* HttpApiBuilder.httpApp
  const services = yield* Effect.context<HttpRouter.HttpRouter.DefaultServices>()
  return app.pipe(Effect.updateService(HttpServerRequest.HttpServerRequest, withoutPrefix), Effect.provide(services))
})
