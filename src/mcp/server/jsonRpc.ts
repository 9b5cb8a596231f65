/** JSON-RPC of MCP as a serialization of `@effect/rpc`, whose own knows neither ids that are texts nor missing arguments. */
import * as McpSchema from "@effect/ai/McpSchema"
import type * as RpcMessage from "@effect/rpc/RpcMessage"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as Predicate from "effect/Predicate"
import { parseJson } from "../../schema/parseJson.js"

type Incoming = RpcMessage.FromClientEncoded | RpcMessage.FromServerEncoded
type Id = string | number | null
type Cause = Extract<RpcMessage.ResponseExitEncoded["exit"], { readonly _tag: "Failure" }>["cause"]

interface JsonRpcError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** The method of what is not a request at all. No handler has it. */
export const NO_METHOD = ""

const isId = (value: unknown): value is string | number => typeof value === "string" || typeof value === "number"

/** Clients may leave out the arguments of a tool that needs none. */
const withArguments = (method: string, params: unknown): unknown =>
  method === "tools/call" && Predicate.isRecord(params) ? { ...params, arguments: params["arguments"] ?? {} } : params

const isInterrupted = (cause: Cause): boolean =>
  cause._tag === "Sequential" || cause._tag === "Parallel"
    ? isInterrupted(cause.left) && isInterrupted(cause.right)
    : cause._tag === "Interrupt" || cause._tag === "Empty"

/** The error of a failed request, or nothing if the client cancelled it. Defects stay in the log of the server. */
const errorOf = (cause: Cause): JsonRpcError | undefined => {
  if (isInterrupted(cause)) return undefined
  if (cause._tag === "Fail" && Predicate.isRecord(cause.error)) {
    const { code, data, message } = cause.error
    return {
      code: typeof code === "number" ? code : McpSchema.INTERNAL_ERROR_CODE,
      message: typeof message === "string" ? message : "The request failed.",
      ...(data === undefined ? {} : { data })
    }
  }
  // Parameters that do not fit are a defect with a text, in `@effect/rpc`.
  return cause._tag === "Die" && typeof cause.defect === "string"
    ? { code: McpSchema.INVALID_PARAMS_ERROR_CODE, message: "The parameters do not fit the method." }
    : { code: McpSchema.INTERNAL_ERROR_CODE, message: "The server failed. Its log has the details." }
}

/** Reads and writes the messages of one connection, or of one request over HTTP. */
class Connection {
  /** The ids of the client by ours, which are numbers, as `@effect/rpc` requires. */
  readonly #ids = new Map<string, Id>()
  #last = 0

  readonly decode = (bytes: Uint8Array | string): ReadonlyArray<Incoming> => {
    const json = parseJson(typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes))
    return (Array.isArray(json) ? json : [json]).map((message) => this.#read(message))
  }

  readonly encode = (response: unknown): string | undefined => {
    // Only what this class has decoded is answered.
    const responses = (Array.isArray(response) ? response : [response]) as ReadonlyArray<Incoming>
    const messages = responses.flatMap((each) => this.#write(each) ?? [])
    return messages.length === 0 ? undefined : JSON.stringify(messages.length === 1 ? messages[0] : messages)
  }

  #request(id: string, tag: string, payload: unknown): Incoming {
    return { _tag: "Request", id, tag, payload, headers: [] }
  }

  #added(id: Id): string {
    this.#last += 1
    this.#ids.set(String(this.#last), id)
    return String(this.#last)
  }

  #read(message: unknown): Incoming {
    if (!Predicate.isRecord(message)) return this.#request(this.#added(null), NO_METHOD, undefined)
    const { error, id, method, params, result } = message
    if (typeof method === "string") {
      const payload = withArguments(method, params)
      if (isId(id)) return this.#request(this.#added(id), method, payload)
      return this.#request("", method, method === "notifications/cancelled" ? this.#cancelled(payload) : payload)
    }
    // The answer to a request of the server.
    if (isId(id) && (error !== undefined || result !== undefined)) {
      const exit =
        error === undefined
          ? ({ _tag: "Success", value: result } as const)
          : ({ _tag: "Failure", cause: { _tag: "Die", defect: error } } as const)
      return { _tag: "Exit", requestId: String(id), exit }
    }
    return this.#request(this.#added(isId(id) ? id : null), NO_METHOD, undefined)
  }

  #cancelled(params: unknown): unknown {
    if (!Predicate.isRecord(params)) return params
    const [ours] = [...this.#ids].find(([, id]) => id === params["requestId"]) ?? ["0"]
    return { ...params, requestId: ours }
  }

  #write(message: Incoming): object | undefined {
    if (message._tag === "Request") {
      const { id, payload, tag } = message
      return { jsonrpc: "2.0", method: tag, params: payload, ...(id === undefined ? {} : { id: Number(id) }) }
    }
    if (message._tag === "Defect") {
      return { jsonrpc: "2.0", id: null, error: { code: McpSchema.INTERNAL_ERROR_CODE, message: "The server failed." } }
    }
    if (message._tag !== "Exit") return undefined
    const id = this.#ids.get(message.requestId) ?? null
    this.#ids.delete(message.requestId)
    if (message.exit._tag === "Success") return { jsonrpc: "2.0", id, result: message.exit.value }
    const error = errorOf(message.exit.cause)
    return error === undefined ? undefined : { jsonrpc: "2.0", id, error }
  }
}

/** One message in, all answers out: a request over HTTP. */
export const http = RpcSerialization.RpcSerialization.of({
  contentType: "application/json",
  includesFraming: false,
  unsafeMake: () => {
    const { decode, encode } = new Connection()
    return { decode, encode: (responses) => encode(responses) ?? "" }
  }
})

/** A message a line, of a stream whose chunks are lines. */
export const lines = RpcSerialization.RpcSerialization.of({
  contentType: "application/json",
  includesFraming: true,
  unsafeMake: () => {
    const { decode, encode } = new Connection()
    return {
      decode,
      encode: (response) => {
        const line = encode(response)
        return line === undefined ? undefined : `${line}\n`
      }
    }
  }
})
