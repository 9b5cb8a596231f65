/** An agent as a server of the Model Context Protocol (MCP), on stdio or on HTTP. */
import * as McpServer from "@effect/ai/McpServer"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Sink } from "effect/Sink"
import * as Stream from "effect/Stream"
import type { GetError } from "../schema/Errors.js"
import type { Julep } from "../services/Julep.js"
import { type BindingOptions, bind } from "./server/binding.js"
import { accepted, guarded, notAllowed } from "./server/guard.js"
import * as jsonRpc from "./server/jsonRpc.js"
import { answering } from "./server/protocol.js"
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
  readonly stdin: Stream.Stream<Uint8Array, EIn, RIn>
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
  protocol: Effect.Effect<Context.Tag.Service<typeof RpcServer.Protocol>, E, R | Scope.Scope>
): Layer.Layer<McpServer.McpServer, GetError | E, Julep | Exclude<R, Scope.Scope>> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const server = yield* McpServer.McpServer
      const bound = yield* bind(binding)
      yield* addTools(server, bound)
      yield* addDocs(server, bound)
      const answers = answering(yield* protocol, server, bound)
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
      const { httpApp, protocol } = yield* Effect.provideService(
        RpcServer.makeProtocolWithHttpApp,
        RpcSerialization.RpcSerialization,
        jsonRpc.http
      )
      const router = yield* HttpRouter.Default
      yield* router.post(path, guarded(Effect.map(httpApp, accepted), { apiKey, allowedOrigins }))
      yield* router.get(path, guarded(notAllowed, { apiKey, allowedOrigins }))
      yield* router.del(path, guarded(notAllowed, { apiKey, allowedOrigins }))
      return protocol
    })
  ).pipe(Layer.provide(HttpRouter.Default.Live))
