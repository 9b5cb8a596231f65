/** Connections to servers of tools, by the client of MCP's own SDK. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { JsonObject } from "../../schema/Field.js"
import { McpError } from "./McpError.js"
import type { CallResult } from "./results.js"

/** A server that is started as a process, and stopped with the connection. */
export interface StdioServer {
  /** The program to start. */
  readonly command: string
  /** The arguments of the program. Default: none. */
  readonly args?: ReadonlyArray<string> | undefined
  /** Variables for the process. It has only these, and a few such as `PATH` and `HOME`: no keys of this program. */
  readonly env?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
  /** The folder to start it in. Default: that of this program. */
  readonly cwd?: string | undefined
}

/** A server at an address (streamable HTTP). */
export interface HttpServer {
  /** The address of the endpoint, such as `https://example.com/mcp`, without credentials. */
  readonly url: string | URL
  /** Headers of every request, such as `Authorization`. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
}

/** What a server says about a tool. */
export interface ServerTool {
  /** The name by which the model calls it. */
  readonly name: string
  /** What it does, in the server's words. */
  readonly description?: string | undefined
  /** The JSON Schema of the arguments. */
  readonly inputSchema: JsonObject
  /** Hints of the server, such as `destructiveHint`. Trust them only as far as the server. */
  readonly annotations?:
    | { readonly readOnlyHint?: boolean | undefined; readonly destructiveHint?: boolean | undefined }
    | undefined
}

export interface Connection {
  /** The tools that the server listed when the connection was made. */
  readonly tools: ReadonlyArray<ServerTool>
  /** Calls a tool. What the server refuses is a result in words. */
  readonly call: (name: string, args: JsonObject) => Effect.Effect<CallResult, McpError>
}

// The package is optional. Bundlers fail on a package that is missing, except where its name is a literal in a `try`.
const sdk = async () => {
  try {
    return await import("@modelcontextprotocol/client")
  } catch {
    return undefined
  }
}
const stdio = async () => {
  try {
    return await import("@modelcontextprotocol/client/stdio")
  } catch {
    return undefined
  }
}

const plain = (values: Readonly<Record<string, string | Redacted.Redacted>> = {}): Record<string, string> =>
  Record.map(values, (value) => (Redacted.isRedacted(value) ? Redacted.value(value) : value))

/** The server for error messages, without what may be secret. */
const nameOf = (server: StdioServer | HttpServer): string => {
  if ("command" in server) return server.command
  if (!URL.canParse(server.url)) return "without a valid URL"
  const { origin, pathname } = new URL(server.url)
  return origin + pathname
}

/** The address as `fetch` takes it: without credentials. */
const addressOf = (url: string | URL): URL => {
  const address = new URL(url)
  if (address.username !== "" || address.password !== "") {
    throw new Error("its URL has credentials, which no request can have. Give them in headers.")
  }
  return address
}

const missing = (server: string) =>
  new McpError({
    reason: "package",
    server,
    message:
      "Tools of MCP servers need the package @modelcontextprotocol/client: npm install @modelcontextprotocol/client@2"
  })

const causeOf = (error: unknown): unknown => (Predicate.isError(error) ? error.cause : undefined)

/** Whether an answer was not JSON, or not one of the protocol. The SDK lists all that its schemas expect. */
const isUnreadable = (error: unknown): boolean =>
  Predicate.isError(error) && /^(\$?ZodError|SyntaxError)$/.test(error.name)

/** The text of an error, and of its cause: `fetch failed` alone says little. */
const textOf = (error: unknown): string => {
  const texts = [error, causeOf(error)].flatMap((each) => (Predicate.isError(each) ? [each.message] : []))
  return texts.filter((text, index) => index === 0 || !texts[0]?.includes(text)).join(": ")
}

const PROTOCOL_CODES = new Set<unknown>(["INVALID_RESULT", "UNSUPPORTED_RESULT_TYPE", "CAPABILITY_NOT_SUPPORTED"])

const failure =
  (server: StdioServer | HttpServer, doing: string) =>
  (error: unknown): McpError => {
    const name = nameOf(server)
    const failed = (reason: McpError["reason"], text: string) =>
      new McpError({ reason, server: name, message: `${doing} failed on the MCP server ${name}: ${text}` })
    if (isUnreadable(error) || isUnreadable(causeOf(error))) {
      return failed("protocol", "the answer is not one of the protocol")
    }
    // Errors of requests may name the whole address.
    const query = "url" in server && URL.canParse(server.url) ? new URL(server.url).search : ""
    const text = textOf(error).replaceAll(query, "")
    const code = Predicate.hasProperty(error, "code") ? error.code : undefined
    if (code === "REQUEST_TIMEOUT") return failed("timeout", text)
    return failed(typeof code === "number" || PROTOCOL_CODES.has(code) ? "protocol" : "connection", text)
  }

/** Connects, and lists the tools once. */
export const connect = (
  server: StdioServer | HttpServer,
  limit: Duration.Duration
): Effect.Effect<Connection, McpError, Scope.Scope> =>
  Effect.gen(function* () {
    const name = nameOf(server)
    const loaded = yield* Effect.promise(sdk)
    if (loaded === undefined) return yield* missing(name)
    const { Client, ProtocolError, StreamableHTTPClientTransport } = loaded
    const attempt = <A>(doing: string, run: (signal: AbortSignal) => Promise<A>) =>
      Effect.tryPromise({ try: run, catch: failure(server, doing) })
    const timeout = Duration.toMillis(limit)
    const openTransport = async () => {
      if ("url" in server) {
        return new StreamableHTTPClientTransport(addressOf(server.url), {
          requestInit: { headers: plain(server.headers) }
        })
      }
      const { args = [], command, cwd, env } = server
      const local = await stdio()
      return local === undefined
        ? undefined
        : new local.StdioClientTransport({
            command,
            args: [...args],
            env: { ...local.getDefaultEnvironment(), ...plain(env) },
            ...(cwd === undefined ? {} : { cwd })
          })
    }
    const transport = yield* attempt("The connection", openTransport)
    if (transport === undefined) return yield* missing(name)
    // A server of the newest revision only is found by a probe, which a process would have to be started twice for.
    const mode = "url" in server ? "auto" : "legacy"
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => new Client({ name: "effect-julep", version: "1.0.0" }, { versionNegotiation: { mode } })),
      (client) => Effect.ignore(Effect.tryPromise(() => client.close()))
    )
    yield* attempt("The connection", () => client.connect(transport, { timeout }))
    const { tools } = yield* attempt("The list of tools", (signal) => client.listTools(undefined, { signal, timeout }))
    return {
      // The SDK has checked that the schemas are objects of JSON.
      tools: tools as ReadonlyArray<ServerTool>,
      call: (tool, args) =>
        Effect.tryPromise({
          try: (signal): Promise<CallResult> => client.callTool({ name: tool, arguments: args }, { signal, timeout }),
          catch: (cause) => cause
        }).pipe(
          Effect.catchAll((cause) =>
            cause instanceof ProtocolError
              ? Effect.succeed({ isError: true, content: [{ type: "text", text: cause.message }] })
              : Effect.fail(failure(server, `The tool ${tool}`)(cause))
          )
        )
    }
  })
