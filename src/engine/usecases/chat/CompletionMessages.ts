/** From OpenAI's messages and tools to the port's. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { CompletionMessage, CompletionToolCall } from "../../../schema/ChatCompletion.js"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import { JsonObject } from "../../../schema/Field.js"
import { Content, contentText } from "../../../schema/Message.js"
import type { ModelMessage, ModelTool, ModelToolCall } from "../../ports/Model.js"
import { unprocessable } from "../Failure.js"

const isContent = Schema.is(Content)
const isJsonObject = Schema.is(JsonObject)

const toolCallOf = (call: CompletionToolCall, index: number): ModelToolCall => ({
  id: call.id ?? `call_${index}`,
  name: typeof call.function === "string" ? call.function : call.function.name,
  arguments: typeof call.function === "string" ? "{}" : call.function.arguments
})

const messageOf = (message: CompletionMessage, index: number): Effect.Effect<ModelMessage, UnprocessableRequest> => {
  const content = message.content ?? ""
  if (!isContent(content)) {
    return Effect.fail(unprocessable(`messages[${index}].content`, "expected a text, or text and image_url parts"))
  }
  const text = contentText(content)
  const name = Predicate.isNotNullable(message.name) ? { name: message.name } : {}
  switch (message.role) {
    case "system":
    case "developer":
      return Effect.succeed({ role: "system", content: text })
    case "assistant":
      return Effect.succeed({
        role: "assistant",
        content: Predicate.isNotNullable(message.content) ? content : null,
        ...name,
        ...(message.tool_calls ? { tool_calls: message.tool_calls.map(toolCallOf) } : {})
      })
    case "tool":
    case "function":
      return Effect.succeed({
        role: "tool",
        content: text,
        tool_call_id: message.tool_call_id ?? message.name ?? "",
        ...name
      })
    case "user":
      return Effect.succeed({ role: "user", content, ...name })
    default:
      return Effect.fail(
        unprocessable(`messages[${index}].role`, `expected system, user, assistant or tool, not "${message.role}"`)
      )
  }
}

/** The messages of a request. */
export const messagesOf = (messages: ReadonlyArray<CompletionMessage>) => Effect.forEach(messages, messageOf)

/** The function tools of a request. */
export const toolsOf = (tools: ReadonlyArray<JsonObject>): ReadonlyArray<ModelTool> =>
  tools.flatMap((tool) => {
    const def = tool["function"]
    if (!Predicate.isRecord(def) || typeof def["name"] !== "string") return []
    const { description, name, parameters } = def
    return [
      {
        name,
        parameters: isJsonObject(parameters) ? parameters : {},
        ...(typeof description === "string" ? { description } : {})
      }
    ]
  })
