/** The app of a server: the engine behind its keys and limits. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Admin, answered, EngineApp, withRequestIds } from "../layers/ServerParts.js"
import { type AnswerError, BadRequest, type JulepConfigError } from "../schema/Errors.js"
import { isAdmin, logged, pathOf, withPaths } from "./accessLog.js"
import type { AdminDependencies } from "./admin.js"
import { withCors } from "./cors.js"
import { withDocs } from "./docs/withDocs.js"
import { withHosts } from "./hosts.js"
import { type Identity, withChallenge, withIdentity } from "./Identity.js"
import { isMcp, make as mcpOf, withListedOrigins } from "./mcp.js"
import { authenticateOf, limitsOf, type ServerOptions } from "./Options.js"
import * as OpenRequests from "./openRequests.js"
import { withPlayground } from "./playground.js"
import { withSpan } from "./span.js"
import { withStatus } from "./status.js"
import { withUpgrades } from "./upgrades.js"

/** Whether a request reads the document, which says nothing of any developer. No body is read without a key. */
const isDocument = (request: HttpServerRequest.HttpServerRequest): boolean =>
  (request.method === "GET" || request.method === "HEAD") &&
  /^(?:\/jwt)?(?:\/api)?\/openapi\.json\/?$/.test(pathOf(request))

/** Refuses headers that are larger than the limit. Node's server refuses them before they are a request. */
const withHeaderSize =
  (limit: number) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E | BadRequest, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }): HttpApp.Default<E | BadRequest, R> => {
      let size = 0
      for (const name in headers) size += name.length + String(headers[name]).length + 4
      if (size <= limit) return app
      const message = `The headers of a request must have at most ${limit} bytes. Send fewer or shorter headers.`
      return Effect.fail(new BadRequest({ message, code: "HEADERS_TOO_LARGE", status: 431 }))
    })

const CLOSING = Effect.fail("The server closes.")

/** What the app needs to know of its server. */
export interface AppContext {
  /** Whether it listens on a loopback address, which is known once it does. */
  readonly isLoopback: () => boolean
  /** Whether it has begun to close. */
  readonly isClosing: () => boolean
  /** The size of a body. Default: that of the engine. */
  readonly maxBodySize?: number | undefined
  /** Copies the store of its engine to a new file. */
  readonly backUp: AdminDependencies["backUp"]
  /** Fails for a store that cannot be written anew without gaps. */
  readonly checkVacuum: AdminDependencies["checkVacuum"]
}

/** The app over the engine in the context. The options have been checked. */
export const make = (
  options: ServerOptions,
  { backUp, checkVacuum, isClosing, isLoopback, maxBodySize }: AppContext
): Effect.Effect<HttpApp.Default<never, Scope.Scope>, JulepConfigError, EngineApp | Admin> =>
  Effect.gen(function* () {
    const engine = yield* EngineApp
    const admin = yield* Admin
    const authenticate = yield* authenticateOf(options, admin.keys)
    const limits = yield* limitsOf(options)
    const { headerSize, requests, streams } = limits
    const { accessLog = true, allowedHosts = [], cors = [], keys, mcp, playground } = options
    const openRequests = OpenRequests.make({ requests, streams })

    // Few servers are asked, so what answers is loaded and made for the first request.
    const operators = yield* Effect.cached(
      Effect.flatMap(
        Effect.promise(() => import("./admin.js")),
        ({ forOperator, make }) => Effect.map(make({ admin, backUp, checkVacuum }, limits), forOperator)
      )
    )
    const agents =
      mcp === undefined
        ? undefined
        : yield* Effect.cached(Effect.map(mcp, (app) => mcpOf(app, { ...limits, maxBodySize })))
    const ofPath = (path: string, identity: Identity): HttpApp.Default<AnswerError, Scope.Scope> => {
      if (isAdmin(path)) return Effect.flatMap(operators, (app) => app(identity))
      if (agents === undefined || !isMcp(path)) return engine
      return withListedOrigins(cors)(Effect.flatMap(agents, (app) => app(identity))).pipe(
        Effect.provideService(EngineApp, engine)
      )
    }
    const keyed = withIdentity(authenticate)((identity) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
        openRequests(identity)(ofPath(pathOf(request), identity))
      )
    ).pipe(answered, withChallenge)
    const open = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      isDocument(request) ? engine : keyed
    )
    const shared = (yield* withDocs(open)).pipe(
      withStatus(Effect.suspend((): Effect.Effect<void, unknown> => (isClosing() ? CLOSING : admin.ready))),
      withCors(cors, keys?.header)
    )
    // Pages of other origins have no use for it.
    const paged = playground === undefined ? shared : yield* withPlayground(playground)(shared)
    return paged.pipe(
      withHosts(allowedHosts, () => isLoopback() || allowedHosts.length > 0),
      withHeaderSize(headerSize),
      answered,
      logged(accessLog),
      withRequestIds,
      withSpan,
      withPaths,
      withUpgrades
    )
  })
