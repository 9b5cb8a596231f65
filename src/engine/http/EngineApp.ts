import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Ids } from "../ports/Ids.js"
import type { Engine } from "../usecases/Engine.js"
import { Idempotency } from "../usecases/Idempotency.js"
import { agentsRoutes } from "./AgentsHandlers.js"
import { type ServerKey, withKey } from "./Auth.js"
import { docsRoutes } from "./DocsHandlers.js"
import { withGracefulShutdown } from "./GracefulShutdown.js"
import { jobsRoutes } from "./JobsHandlers.js"
import { memoriesRoutes } from "./MemoriesHandlers.js"
import { openAiRoutes } from "./OpenAiHandlers.js"
import { withDocument } from "./openapi/withDocument.js"
import { withRequestId } from "./RequestId.js"
import { sessionsRoutes } from "./SessionsHandlers.js"
import { toolsRoutes } from "./ToolsHandlers.js"
import { usersRoutes } from "./UsersHandlers.js"
import { answered, type BodyLimits, withWireErrors } from "./WireErrors.js"

interface Options extends BodyLimits {
  /** The key that requests must carry. */
  readonly key?: ServerKey | undefined
  /** A served app keeps silent streams open, and ends all streams when it closes. */
  readonly served?: boolean
  /** Whether a served app gives each request an id. Default: `true`. */
  readonly requestIds?: boolean | undefined
}

/** The addresses of the gateway of v0.3: the agents API at `/api` and `/jwt/api`, completions at `/v1` and `/jwt/v1`. */
const gateway = /^(?:\/jwt)?\/api(?=\/)|^\/jwt(?=\/v1\/)/

/** The engine's own addresses have no prefix; those of the gateway work, too. */
const withoutPrefix = (request: HttpServerRequest.HttpServerRequest): HttpServerRequest.HttpServerRequest => {
  const [prefix] = gateway.exec(request.url) ?? []
  return prefix === undefined ? request : request.modify({ url: request.url.slice(prefix.length) })
}

const make = ({ key, requestIds = true, served = false, ...limits }: Options) =>
  Effect.gen(function* () {
    const routes = yield* Effect.all([
      agentsRoutes,
      usersRoutes,
      sessionsRoutes,
      docsRoutes,
      memoriesRoutes,
      toolsRoutes,
      jobsRoutes,
      openAiRoutes
    ])
    const router = yield* HttpRouter.toHttpApp(HttpRouter.fromIterable(routes.flat()))
    const withIdempotency = Context.make(Idempotency, yield* Idempotency)
    const handled = withWireErrors(router, limits)
    const app = withDocument(key === undefined ? handled : answered(withKey(key)(handled))).pipe(
      Effect.mapInputContext((context: Context.Context<HttpServerRequest.HttpServerRequest>) => {
        const request = withoutPrefix(Context.get(context, HttpServerRequest.HttpServerRequest))
        return Context.merge(context, Context.add(withIdempotency, HttpServerRequest.HttpServerRequest, request))
      })
    )
    if (!served) return app
    const ending = yield* withGracefulShutdown(app)
    return requestIds ? withRequestId((yield* Ids).next)(ending) : ending
  })

/** The engine as an HTTP app, which the embedded client runs in process and a server serves. */
export class EngineApp extends Context.Tag("effect-julep/engine/EngineApp")<EngineApp, HttpApp.Default>() {
  /**
   * The app over the engine. With `key`, requests must carry it. With `served`, open streams are kept alive,
   * they end with an error event when the scope closes, and responses have a request id unless `requestIds` is false.
   */
  static readonly make: (
    options: Options
  ) => Effect.Effect<HttpApp.Default, never, Engine | Idempotency | Ids | Scope.Scope> = make
}
