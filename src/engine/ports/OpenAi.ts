/** What a model is sent, in the words of OpenAI's chat completions. */
import type { CompletionMessage } from "../../schema/ChatCompletion.js"
import type { JsonObject } from "../../schema/Field.js"
import type { ModelMessage, ModelTool } from "./Model.js"

/** Endpoints refuse other names; a message without one says the same. */
const wireName = /^[a-zA-Z0-9_-]{1,64}$/

export const messageOf = (message: ModelMessage): CompletionMessage => {
  const name =
    "name" in message && message.name !== undefined && wireName.test(message.name) ? { name: message.name } : {}
  if (message.role === "tool") return { role: "tool", content: message.content, tool_call_id: message.tool_call_id }
  if (message.role !== "assistant") return { role: message.role, content: message.content, ...name }
  const calls = message.tool_calls?.map((call) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: call.arguments }
  }))
  return { role: "assistant", content: message.content, ...name, ...(calls === undefined ? {} : { tool_calls: calls }) }
}

export const toolOf = (tool: ModelTool): JsonObject => ({ type: "function", function: { ...tool } })
