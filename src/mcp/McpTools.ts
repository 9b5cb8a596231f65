/** The tools of a server of the Model Context Protocol (MCP) as tools of a run. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JsonObject } from "../schema/Field.js"
import type { AgentTool } from "../services/run/tool.js"
import {
  type Connection,
  connect as connectTo,
  type HttpServer,
  type ServerTool,
  type StdioServer
} from "./client/connect.js"
import type { McpError } from "./client/McpError.js"
import { resultText } from "./client/results.js"

export type { HttpServer, ServerTool, StdioServer } from "./client/connect.js"
export { McpError } from "./client/McpError.js"

/** Which tools of a server a run gets, and how. */
export interface McpToolsOptions {
  /** Stands before each name, so that tools of several servers do not collide. Default: `""`. */
  readonly prefix?: string
  /** Which tools of the server to offer. Default: all. */
  readonly filter?: (tool: ServerTool) => boolean
  /** Which tools run only after an approval, as with `tool`. Default: none. */
  readonly needsApproval?: (tool: ServerTool) => boolean
  /** How long the connection, the list and each call may take. Default: 60 seconds. */
  readonly timeout?: Duration.DurationInput
}

/** Tools by their names, with the prefix. */
export interface McpToolSet {
  readonly [name: string]: AgentTool<McpError>
}

const toolOf = (
  { call }: Connection,
  tool: ServerTool,
  { needsApproval = () => false }: McpToolsOptions
): AgentTool<McpError> => ({
  description: tool.description,
  parameters: Effect.succeed(tool.inputSchema),
  prepare: (asked) =>
    Effect.succeed({
      needsApproval: needsApproval(tool),
      // A run prepares only calls whose arguments are objects. The server checks what is in them.
      run: Effect.map(call(tool.name, asked.arguments as JsonObject), resultText)
    })
})

/**
 * Connects to a server and makes its tools those of a run, until the scope closes. The server checks the arguments; what it
 * refuses and the failures of its tools are results that the model reads. A lost connection and a timeout fail the run with
 * `McpError`. The tools are listed once: connect again for those that the server adds later. It needs the package
 * `@modelcontextprotocol/client`.
 *
 * Servers are given in code alone. Neither agents nor requests can name one, because it starts a process or reaches an
 * address.
 *
 * @example
 * ```ts
 * import { type SessionId, Sessions } from "effect-julep"
 * import { McpTools } from "effect-julep/mcp"
 * import { Effect } from "effect"
 *
 * const ask = (session: SessionId, question: string) =>
 *   Effect.gen(function* () {
 *     const sessions = yield* Sessions
 *     const files = yield* McpTools.connect(
 *       { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "reports"] },
 *       { prefix: "files_", filter: ({ annotations }) => annotations?.readOnlyHint === true }
 *     )
 *     const { text } = yield* sessions.run(session, question, { tools: files })
 *     return text
 *   }).pipe(Effect.scoped)
 * ```
 */
export const connect = (
  server: StdioServer | HttpServer,
  options: McpToolsOptions = {}
): Effect.Effect<McpToolSet, McpError, Scope.Scope> => {
  const { filter = () => true, prefix = "", timeout = "60 seconds" } = options
  return Effect.map(connectTo(server, Duration.decode(timeout)), (connection) =>
    Object.fromEntries(
      connection.tools.filter(filter).map((tool) => [`${prefix}${tool.name}`, toolOf(connection, tool, options)])
    )
  )
}
