/** An agent as a server of the Model Context Protocol (MCP), on stdio or on HTTP. */
import * as McpServer from "@effect/ai/McpServer"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Sink } from "effect/Sink"
import * as Stream from "effect/Stream"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { type AnswerError, BadRequest, type GetError } from "../schema/Errors.js"
import type { Julep } from "../services/Julep.js"
import { type BindingOptions, bind, type SessionRef } from "./server/binding.js"
import { bindingOf } from "./server/byQuery.js"
import { accepted, guarded, notAllowed } from "./server/guard.js"
import * as jsonRpc from "./server/jsonRpc.js"
import { interceptRequests } from "./server/protocol.js"
import { addDocs } from "./server/resources.js"
import { addTools } from "./server/tools.js"

/** Which agent, user and session a server is bound to, and the name that it gives itself. */
export interface AgentServerOptions extends BindingOptions {
  /** The name that clients show. Default: `"effect-julep"`. */
  readonly name?: string | undefined
  /** The version that clients show. Default: `"1.0.0"`. */
  readonly version?: string | undefined
}

/** The streams of a server on stdio, such as `NodeStream.stdin` and `NodeSink.stdout`. */
export interface StdioOptions<EIn, RIn, EOut, ROut> extends AgentServerOptions {
  /** The bytes of the client: lines of JSON. */
  readonly stdin: Stream.Stream<Uint8Array, EIn, RIn>
  /** Where the server writes its lines of JSON. Write nothing else to it. */
  readonly stdout: Sink<unknown, Uint8Array | string, unknown, EOut, ROut>
}

/** Where a server on HTTP is, and who may use it. */
export interface HttpOptions extends AgentServerOptions {
  /** The path of the endpoint. Default: `"/mcp"`. */
  readonly path?: HttpRouter.PathInput | undefined
  /** The key that requests must carry, as `Authorization: Bearer`. Default: every request is accepted. */
  readonly apiKey?: Redacted.Redacted | undefined
  /** The origins whose pages may use the server, besides those of this computer. Default: none. */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
}

/** The server with its tools and docs, over a protocol. The agent is looked up before the first client is answered. */
const serve = <E, R>(
  { name = "effect-julep", version = "1.0.0", ...binding }: AgentServerOptions,
  protocol: Effect.Effect<Context.Tag.Service<typeof RpcServer.Protocol>, E, R | Scope.Scope>,
  kept?: SessionRef
): Layer.Layer<McpServer.McpServer, GetError | E, Julep | Exclude<R, Scope.Scope>> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const server = yield* McpServer.McpServer
      const bound = yield* bind(binding, kept)
      yield* addTools(server, bound)
      yield* addDocs(server, bound)
      const answers = interceptRequests(yield* protocol, server, bound)
      yield* Effect.forkScoped(Effect.provideService(McpServer.run({ name, version }), RpcServer.Protocol, answers))
    })
  ).pipe(Layer.provideMerge(McpServer.McpServer.layer))

/**
 * Sends the log to stderr. A server on stdio needs it around everything else, the engine included: stdout is its
 * connection.
 */
export const logToStderr: Layer.Layer<never> = Layer.mergeAll(
  Logger.remove(Logger.defaultLogger),
  Logger.remove(Logger.prettyLoggerDefault),
  Logger.add(Logger.prettyLogger({ stderr: true }))
)

/**
 * Serves an agent to one client on stdio: the tools `search_docs`, `recall`, `remember` and `chat`, and the docs of the agent
 * and of the user as resources. Layers of tools, resources and prompts of `@effect/ai` (`McpServer.toolkit`) that are provided
 * to it are served, too. A program that launches it ends with its stdin. stdout is the connection: provide `logToStderr`
 * around everything that logs.
 *
 * It fails to build with `NotFound` if there is no such agent, user or session, and with `InvalidRequest` if the session is
 * of others.
 *
 * @example
 * ```ts
 * import { NodeRuntime, NodeSink, NodeStream } from "@effect/platform-node"
 * import type { AgentId } from "effect-julep"
 * import { Embedded } from "effect-julep/embedded"
 * import { AgentServer } from "effect-julep/mcp"
 * import { Layer } from "effect"
 *
 * export const main = (agent_id: AgentId) =>
 *   AgentServer.layerStdio({ agent_id, stdin: NodeStream.stdin, stdout: NodeSink.stdout }).pipe(
 *     Layer.provide(Embedded.layer({ storage: { file: "data/julep.db" } })),
 *     Layer.provide(AgentServer.logToStderr),
 *     Layer.launch,
 *     NodeRuntime.runMain
 *   )
 * ```
 */
export const layerStdio = <EIn, RIn, EOut, ROut>({
  stdin,
  stdout,
  ...options
}: StdioOptions<EIn, RIn, EOut, ROut>): Layer.Layer<McpServer.McpServer, GetError, Julep | RIn | ROut> =>
  serve(
    options,
    Effect.provideService(
      RpcServer.makeProtocolStdio({
        stdin: stdin.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.filter((line) => line.trim() !== ""),
          Stream.encodeText
        ),
        stdout
      }),
      RpcSerialization.RpcSerialization,
      jsonRpc.lines
    )
  ).pipe(Layer.provide(logToStderr))

const overHttp = Effect.provideService(
  RpcServer.makeProtocolWithHttpApp,
  RpcSerialization.RpcSerialization,
  jsonRpc.http
)

/**
 * Serves an agent on HTTP, as `layerStdio` does on stdio: a POST to `path` of the `HttpRouter.Default` is answered with
 * JSON. Everybody who reaches the path is the user whom the server is bound to: give it an `apiKey`, or listen on a loopback
 * address. Pages of foreign origins are refused.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http"
 * import { HttpRouter } from "@effect/platform"
 * import { NodeHttpServer } from "@effect/platform-node"
 * import type { AgentId } from "effect-julep"
 * import { Embedded } from "effect-julep/embedded"
 * import { AgentServer } from "effect-julep/mcp"
 * import { Layer, Redacted } from "effect"
 *
 * export const server = (agent_id: AgentId) =>
 *   HttpRouter.Default.serve().pipe(
 *     Layer.provide(AgentServer.layerHttp({ agent_id, apiKey: Redacted.make("secret") })),
 *     Layer.provide(Embedded.layer({ storage: { file: "data/julep.db" } })),
 *     Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 3000 }))
 *   )
 * ```
 */
export const layerHttp = ({
  allowedOrigins,
  apiKey,
  path = "/mcp",
  ...options
}: HttpOptions): Layer.Layer<McpServer.McpServer, GetError, Julep> =>
  serve(
    options,
    Effect.gen(function* () {
      const { httpApp, protocol } = yield* overHttp
      const router = yield* HttpRouter.Default
      yield* router.post(path, guarded(Effect.map(httpApp, accepted), { apiKey, allowedOrigins }))
      yield* router.get(path, guarded(notAllowed, { apiKey, allowedOrigins }))
      yield* router.del(path, guarded(notAllowed, { apiKey, allowedOrigins }))
      return protocol
    })
  ).pipe(Layer.provide(HttpRouter.Default.Live))

/** How many agents and users the app of a server keeps a session for. */
const MAX_SESSIONS = 1000

/** The failures of a binding, in the words of HTTP. What cannot happen in process is a defect. */
const refusedBinding = (error: GetError | AnswerError): Effect.Effect<never, AnswerError> => {
  switch (error._tag) {
    case "InvalidRequest":
      return Effect.fail(new BadRequest({ message: error.message, code: "BAD_QUERY", status: 400 }))
    case "ConnectionError":
    case "TimeoutError":
      return Effect.die(error)
    default:
      return Effect.fail(error)
  }
}

/**
 * Makes the app that answers `/mcp` of `effect-julep/server` for every agent of the developer of a key, as `layerHttp` does
 * for one. The query of its address says which: `agent`, an id or a name, which may be absent where there is only one;
 * `user`, an id or a name, if the client speaks for one; and `session`, an id, to go on with one. Without it, `chat` has a
 * session for each agent and user, as long as the server runs. The server of the app checks keys and origins.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http"
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { AgentServer } from "effect-julep/mcp"
 * import { Server } from "effect-julep/server"
 *
 * const listener = NodeHttpServer.layerServer(createServer, { host: "127.0.0.1", port: 8080 })
 * export const server = Server.layer(listener, { keys: { operator: "secret" }, mcp: AgentServer.app })
 * ```
 */
export const app: Effect.Effect<HttpApp.Default<AnswerError, Julep | Scope.Scope>> = Effect.sync(() => {
  const sessions = new Map<string, SessionRef>()
  const keptFor = ({ agent_id, user_id }: BindingOptions): SessionRef => {
    const key = `${agent_id} ${user_id}`
    const kept = sessions.get(key) ?? SynchronizedRef.unsafeMake(Option.none())
    // The one that was not used for the longest time is the first.
    sessions.delete(key)
    sessions.set(key, kept)
    const [oldest] = sessions.keys()
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest)
    return kept
  }
  return Effect.gen(function* () {
    const { method, url } = yield* HttpServerRequest.HttpServerRequest
    if (method !== "POST") return yield* notAllowed
    const { searchParams } = new URL(url, "http://localhost")
    const binding = yield* Effect.catchAll(bindingOf(searchParams), refusedBinding)
    const { httpApp, protocol } = yield* overHttp
    yield* Effect.catchAll(Layer.build(serve(binding, Effect.succeed(protocol), keptFor(binding))), refusedBinding)
    return accepted(yield* httpApp)
  })
})
