/** The tools of a server of the Model Context Protocol (MCP) with promises; `../McpTools.ts` has them with effects. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Duration } from "../../promise/Options.js"
import type { AgentTool } from "../../promise/run.js"
import { reasonOf, runPromise, runPromiseExit } from "../../promise/runtime.js"
import type { ServerTool } from "../client/connect.js"
import * as OfEffect from "../McpTools.js"

export type { ServerTool } from "../client/connect.js"
export { McpError } from "../client/McpError.js"

/** A server that is started as a process, and stopped with the connection. */
export interface StdioServer {
  /** The program to start. */
  readonly command: string
  /** Its arguments. Default: none. */
  readonly args?: ReadonlyArray<string> | undefined
  /** Variables for the process. It has only these, and a few such as `PATH` and `HOME`: no keys of this program. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** The folder to start it in. Default: that of this program. */
  readonly cwd?: string | undefined
}

/** A server at an address (streamable HTTP). */
export interface HttpServer {
  /** The address, without credentials. */
  readonly url: string | URL
  /** Headers of every request, such as `Authorization`. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Which tools of a server a run gets, and how. */
export interface McpToolsOptions {
  /** Stands before each name, so that tools of several servers do not collide. Default: `""`. */
  readonly prefix?: string
  /** Which tools of the server to offer. Default: all. */
  readonly filter?: (tool: ServerTool) => boolean
  /** Which tools run only after an approval, as with `tool`. Default: none. */
  readonly needsApproval?: (tool: ServerTool) => boolean
  /** How long the connection, the list and each call may take. A number is milliseconds. Default: 60 seconds. */
  readonly timeout?: Duration
}

/** A connection to a server, with its tools. */
export interface McpConnection {
  /** The tools by their names, with the prefix, for `sessions.run`. */
  readonly tools: { readonly [name: string]: AgentTool }
  /** Closes the connection, and ends the process of a server that was started. Later calls of the tools fail. */
  readonly close: () => Promise<void>
  /** Closes the connection, for `await using files = ...`. */
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Older runtimes lack the symbol: compilers of `await using` fall back to this one. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")

/**
 * Connects to a server and makes its tools those of a run. The server checks the arguments; what it refuses and the failures
 * of its tools are results that the model reads. Rejects with `McpError` if the server cannot be used, and so does the run if
 * the connection is lost or a call takes too long. The tools are listed once: connect again for those that the server adds
 * later. Close the connection when you are done. It needs the package `@modelcontextprotocol/client`.
 *
 * Servers are given in code alone. Neither agents nor requests can name one, because it starts a process or reaches an
 * address.
 *
 * @example
 * ```ts
 * import { McpTools } from "effect-julep/mcp/promise"
 * import type { Client } from "effect-julep/promise"
 *
 * export const ask = async (client: Client, session: string, question: string) => {
 *   const files = await McpTools.connect(
 *     { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "reports"] },
 *     { prefix: "files_", filter: ({ annotations }) => annotations?.readOnlyHint === true }
 *   )
 *   try {
 *     return await client.sessions.run(session, question, { tools: files.tools })
 *   } finally {
 *     await files.close()
 *   }
 * }
 * ```
 */
export const connect = async (
  server: StdioServer | HttpServer,
  options: McpToolsOptions = {}
): Promise<McpConnection> => {
  const scope = Effect.runSync(Scope.make())
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= runPromise(Scope.close(scope, Exit.void))
    return closing
  }
  const connected = await runPromiseExit(Scope.extend(OfEffect.connect(server, options), scope))
  if (Exit.isFailure(connected)) {
    await close()
    throw reasonOf(connected.cause)
  }
  // A tool of promises is one of effects, whose type this API does not show.
  const tools = connected.value as unknown as McpConnection["tools"]
  return { tools, close, [asyncDispose]: close }
}
