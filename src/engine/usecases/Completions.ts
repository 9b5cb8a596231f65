/** `/v1`: the model itself, without agents, history or recall. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { ToolChoice } from "../../schema/Chat.js"
import type {
  ChatCompletion,
  Completion,
  CompletionMessage,
  CompletionToolCall,
  CreateChatCompletion,
  CreateCompletion,
  Model as ModelEntry
} from "../../schema/ChatCompletion.js"
import { JsonObject } from "../../schema/Field.js"
import { Content } from "../../schema/Message.js"
import { Ids } from "../ports/Ids.js"
import { Model, type ModelMessage, type ModelReply, type ModelTool, type ModelToolCall } from "../ports/Model.js"
import { unprocessable } from "./Failure.js"
import { ModelName } from "./ModelName.js"

const isContent = Schema.is(Content)
const isToolChoice = Schema.is(ToolChoice)
const isJsonObject = Schema.is(JsonObject)

const toolCallOf = (call: CompletionToolCall, index: number): ModelToolCall => ({
  id: call.id ?? `call_${index}`,
  name: typeof call.function === "string" ? call.function : call.function.name,
  arguments: typeof call.function === "string" ? "{}" : call.function.arguments
})

const messageOf = (message: CompletionMessage, index: number): Either.Either<ModelMessage, string> => {
  const content = message.content ?? ""
  if (!isContent(content)) return Either.left(`messages[${index}].content: parts are text or image_url`)
  const text =
    typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "")).join("\n")
  const name = message.name === undefined || message.name === null ? {} : { name: message.name }
  switch (message.role) {
    case "system":
    case "developer":
      return Either.right({ role: "system", content: text })
    case "assistant":
      return Either.right({
        role: "assistant",
        content: message.content === null || message.content === undefined ? null : content,
        ...name,
        ...(message.tool_calls ? { tool_calls: message.tool_calls.map(toolCallOf) } : {})
      })
    case "tool":
    case "function":
      return Either.right({
        role: "tool",
        content: text,
        tool_call_id: message.tool_call_id ?? message.name ?? "",
        ...name
      })
    case "user":
      return Either.right({ role: "user", content, ...name })
    default:
      return Either.left(`messages[${index}].role: expected system, user, assistant or tool, not "${message.role}"`)
  }
}

const toolOf = (tool: JsonObject): ReadonlyArray<ModelTool> => {
  const def = tool["function"]
  if (!Predicate.isRecord(def) || typeof def["name"] !== "string") return []
  const { name, description, parameters } = def
  return [
    {
      name,
      parameters: isJsonObject(parameters) ? parameters : {},
      ...(typeof description === "string" ? { description } : {})
    }
  ]
}

/** Members the port has words for; every other one goes to the endpoint as it is. */
const known = new Set(["model", "messages", "prompt", "tools", "tool_choice", "stream"])

const extraOf = (request: { readonly [member: string]: unknown }): JsonObject =>
  Object.fromEntries(
    Object.entries(request).filter(([name, value]) => !known.has(name) && value !== undefined && value !== null)
  )

const toolCallsOf = ({ tool_calls }: ModelReply) =>
  tool_calls.length === 0
    ? {}
    : {
        tool_calls: tool_calls.map((call) => ({
          id: call.id,
          type: "function",
          function: { name: call.name, arguments: call.arguments }
        }))
      }

/** OpenAI-compatible completions by the engine's model. */
export const make = Effect.gen(function* () {
  const model = yield* Model
  const names = yield* ModelName
  const ids = yield* Ids

  const ask = Effect.fnUntraced(function* (
    request: { readonly model: string; readonly [member: string]: unknown },
    messages: ReadonlyArray<ModelMessage>,
    tools: ReadonlyArray<ModelTool>
  ) {
    const choice = request["tool_choice"]
    const reply = yield* model.complete({
      model: names.resolve(request.model),
      messages,
      tools,
      settings: {},
      extra: extraOf(request),
      ...(isToolChoice(choice) ? { tool_choice: choice } : {})
    })
    const created = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    return { reply, created, id: yield* ids.next }
  })

  return {
    chat: Effect.fnUntraced(function* (request: CreateChatCompletion) {
      if (request.stream === true) {
        return yield* Effect.fail(unprocessable("stream", "streaming is not supported yet; leave it out"))
      }
      const messages: Array<ModelMessage> = []
      for (const [index, message] of request.messages.entries()) {
        const converted = messageOf(message, index)
        if (Either.isLeft(converted)) return yield* Effect.fail(unprocessable("messages", converted.left))
        messages.push(converted.right)
      }
      const { reply, created, id } = yield* ask(request, messages, (request.tools ?? []).flatMap(toolOf))
      const completion: ChatCompletion = {
        id: `chatcmpl-${id}`,
        object: "chat.completion",
        created,
        model: request.model,
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: reply.content, ...toolCallsOf(reply) },
            finish_reason: reply.finish_reason
          }
        ],
        usage: reply.usage
      }
      return completion
    }),
    text: Effect.fnUntraced(function* (request: CreateCompletion) {
      if (request.stream === true) {
        return yield* Effect.fail(unprocessable("stream", "streaming is not supported yet; leave it out"))
      }
      const prompts = typeof request.prompt === "string" ? [request.prompt] : request.prompt
      const [prompt] = prompts
      if (prompts.length !== 1 || typeof prompt !== "string") {
        return yield* Effect.fail(unprocessable("prompt", "expected one text"))
      }
      const { reply, created, id } = yield* ask(request, [{ role: "user", content: prompt }], [])
      const completion: Completion = {
        id: `cmpl-${id}`,
        object: "text_completion",
        created,
        model: request.model,
        choices: [{ index: 0, text: reply.content ?? "", finish_reason: reply.finish_reason }],
        usage: reply.usage
      }
      return completion
    }),
    models: Effect.map(
      model.list,
      (models): ReadonlyArray<ModelEntry> => models.map((id) => ({ id, object: "model", owned_by: "effect-julep" }))
    )
  }
})
