import * as Data from "effect/Data"

/**
 * A server of tools cannot be used. `server` is its command, or its address without credentials and query.
 *
 * - `package`: `@modelcontextprotocol/client` is not installed
 * - `connection`: the server was not started or not reached, or the connection was lost
 * - `timeout`: the server did not answer in time
 * - `protocol`: the server answered with something else than the protocol
 */
export class McpError extends Data.TaggedError("McpError")<{
  readonly message: string
  readonly reason: "package" | "connection" | "timeout" | "protocol"
  readonly server: string
}> {}
