/** What the server answers itself, before `McpServer` sees it: the list of docs, which changes, and unknown methods. */
import * as McpSchema from "@effect/ai/McpSchema"
import type { McpServer } from "@effect/ai/McpServer"
import type * as RpcMessage from "@effect/rpc/RpcMessage"
import * as RpcServer from "@effect/rpc/RpcServer"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Binding } from "./binding.js"
import { NO_METHOD } from "./jsonRpc.js"
import * as resources from "./resources.js"

const encodeList = Schema.encode(McpSchema.ListResourcesResult)
const decodePage = Schema.decodeUnknown(Schema.UndefinedOr(McpSchema.PaginatedRequestMeta))

const exitOf = (
  answer: Effect.Effect<unknown, { readonly code: number; readonly message: string }>
): Effect.Effect<RpcMessage.ResponseExitEncoded["exit"]> =>
  Effect.match(answer, {
    onFailure: ({ code, message }) => ({ _tag: "Failure", cause: { _tag: "Fail", error: { code, message } } }),
    onSuccess: (value) => ({ _tag: "Success", value })
  })

/** Resources that the program added to the server itself are on the first page. */
const list = (server: Context.Tag.Service<typeof McpServer>, binding: Binding, payload: unknown) =>
  Effect.gen(function* () {
    const { cursor } = (yield* decodePage(payload)) ?? {}
    const { nextCursor, resources: docs } = yield* resources.page({ cursor }, binding)
    const added = cursor === undefined ? server.resources : []
    return yield* encodeList(new McpSchema.ListResourcesResult({ resources: [...added, ...docs], nextCursor }))
  }).pipe(
    Effect.catchTag(
      "ParseError",
      () => new McpSchema.InvalidParams({ message: "The parameters do not fit the method." })
    )
  )

const unknownMethod = (tag: string) =>
  tag === NO_METHOD
    ? new McpSchema.InvalidRequest({
        message: "This is not a JSON-RPC request. Send an object with jsonrpc, id and method."
      })
    : new McpSchema.MethodNotFound({ message: `The server has no method ${tag}.` })

const isKnown = (tag: string): boolean =>
  McpSchema.ClientRpcs.requests.has(tag) || McpSchema.ClientNotificationRpcs.requests.has(tag)

/** A protocol that answers these before the server of `@effect/ai` does. */
export const interceptRequests = (
  protocol: Context.Tag.Service<typeof RpcServer.Protocol>,
  server: Context.Tag.Service<typeof McpServer>,
  binding: Binding
): Context.Tag.Service<typeof RpcServer.Protocol> =>
  RpcServer.Protocol.of({
    ...protocol,
    run: (handle) =>
      protocol.run((client, message) => {
        if (message._tag !== "Request") return handle(client, message)
        const { id, payload, tag } = message
        const isList = tag === "resources/list"
        if (isKnown(tag) && !isList) return handle(client, message)
        // Unknown notifications are ignored, as JSON-RPC demands.
        if (id === "") return Effect.void
        return Effect.flatMap(exitOf(isList ? list(server, binding, payload) : unknownMethod(tag)), (exit) =>
          protocol.send(client, { _tag: "Exit", requestId: String(id), exit })
        )
      })
  })
