/** OpenAI's vocabulary of chat completions: `...Of` writes what goes over the wire, `...From` reads what comes from it. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { CompletionMessage, CompletionToolCall } from "../../schema/ChatCompletion.js"
import { is } from "../../schema/Compiled.js"
import { extrasOf, messageMembers } from "../../schema/extras.js"
import { JsonObject } from "../../schema/Field.js"
import type { Issue } from "../../schema/Issue.js"
import { Content, contentText } from "../../schema/Message.js"
import { callExtras } from "../../schema/toolCalls.js"
import { type ModelMessage, type ModelTool, type ModelToolCall, OpenAiError } from "./Model.js"

const isContent = is(Content)
const isJsonObject = is(JsonObject)

/** The `type` of an error with this status, as OpenAI names it. */
export const errorTypeOf = (status: number): string => {
  if (status === 401) return "authentication_error"
  if (status === 403) return "permission_error"
  if (status === 429) return "rate_limit_error"
  return status < 500 ? "invalid_request_error" : "server_error"
}

/** Refuses a member that a model cannot honour: dropped without a word, it would change what the caller gets. */
export const unsupportedParameter = (param: string, what: string): OpenAiError => {
  const message = `${param}: ${what}`
  const error = { message, type: errorTypeOf(400), param, code: "unsupported_parameter" }
  return new OpenAiError({ status: 400, headers: {}, body: { error }, message })
}

/** Endpoints reject any other name, so a message whose name does not match is sent without it. */
const wireName = /^[a-zA-Z0-9_-]{1,64}$/

/** A tool call as OpenAI writes it, with what the provider added to it. */
export const callOf = ({ arguments: args, extra, id, name }: ModelToolCall) => {
  const beside = extra?.["function"]
  return {
    ...extra,
    id,
    type: "function",
    function: { ...(Predicate.isRecord(beside) ? beside : {}), name, arguments: args.toWellFormed() }
  }
}

/** A tool call of a message or a reply. One without an id gets its index as one. */
export const callFrom = (call: CompletionToolCall, index: number): ModelToolCall => {
  const extra = callExtras(call)
  return {
    id: call.id ?? `call_${index}`,
    name: typeof call.function === "string" ? call.function : (call.function?.name ?? ""),
    arguments: typeof call.function === "string" ? "{}" : (call.function?.arguments ?? "{}"),
    ...(extra === undefined ? {} : { extra })
  }
}

/** Half of a surrogate pair, which a cut text may end in, becomes U+FFFD: endpoints reject the JSON that holds one. */
const wellFormed = (content: Content): Content =>
  typeof content === "string"
    ? content.toWellFormed()
    : content.map((part) => (part.type === "text" ? { ...part, text: part.text.toWellFormed() } : part))

/** A message of a prompt as every endpoint takes it, without a name. */
export const messageOf = (message: ModelMessage): CompletionMessage => {
  const content = message.content === null ? null : wellFormed(message.content)
  if (message.role === "tool") return { role: "tool", content, tool_call_id: message.tool_call_id }
  if (message.role !== "assistant") return { role: message.role, content }
  const calls = message.tool_calls?.map(callOf)
  return { ...message.extra, role: "assistant", content, ...(calls === undefined ? {} : { tool_calls: calls }) }
}

/** A message of a prompt with the name of its sender, for an endpoint that takes names. */
export const namedMessageOf = (message: ModelMessage): CompletionMessage =>
  (message.role === "user" || message.role === "assistant") && message.name !== undefined && wireName.test(message.name)
    ? { ...messageOf(message), name: message.name }
    : messageOf(message)

/** What is wrong with a message. `unsupported`: another endpoint of OpenAI's API may take it. */
export interface MessageIssue extends Issue {
  readonly unsupported?: boolean
}

const partTypes: ReadonlySet<unknown> = new Set(["text", "image_url"])

/** A part of a type that no model of the port reads, such as audio or a file. */
const unsupportedPart = (content: CompletionMessage["content"], path: string): MessageIssue | undefined => {
  if (!Array.isArray(content)) return undefined
  const index = content.findIndex(({ type }) => typeof type === "string" && !partTypes.has(type))
  if (index === -1) return undefined
  const message = `the model of this engine reads parts of the types text and image_url, not "${content[index]?.type}".`
  return { path: `${path}.content[${index}]`, message, unsupported: true }
}

/** A member of an assistant's message that says what no message of the port can say. */
const unsupportedMember = (message: CompletionMessage, path: string): MessageIssue | undefined => {
  const custom = message.tool_calls?.findIndex((call) => call.function === undefined || call.function === null) ?? -1
  if (custom !== -1) {
    const text = "the model of this engine supports calls of the type function only."
    return { path: `${path}.tool_calls[${custom}]`, message: text, unsupported: true }
  }
  const name = ["function_call", "audio"].find((member) => Predicate.isNotNullable(message[member]))
  return name === undefined
    ? undefined
    : { path: `${path}.${name}`, message: "the model of this engine does not support it.", unsupported: true }
}

const messageFrom = (message: CompletionMessage, index: number): Either.Either<ModelMessage, MessageIssue> => {
  const path = `messages[${index}]`
  const foreign = unsupportedPart(message.content, path) ?? unsupportedMember(message, path)
  if (foreign !== undefined) return Either.left(foreign)
  const { refusal } = message
  const given = message.content ?? (typeof refusal === "string" ? refusal : undefined)
  const content = given ?? ""
  if (!isContent(content)) {
    return Either.left({
      path: `${path}.content`,
      message: "must be a string, or a list of text and image_url parts"
    })
  }
  const text = contentText(content)
  const name = Predicate.isNotNullable(message.name) ? { name: message.name } : {}
  switch (message.role) {
    case "system":
    case "developer":
      return Either.right({ role: "system", content: text })
    case "assistant": {
      const extra = extrasOf(message, messageMembers)
      return Either.right({
        role: "assistant",
        content: given === undefined ? null : content,
        ...name,
        ...(message.tool_calls ? { tool_calls: message.tool_calls.map(callFrom) } : {}),
        ...(extra === undefined ? {} : { extra })
      })
    }
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
      return Either.left({
        path: `${path}.role`,
        message: `must be system, user, assistant or tool, not "${message.role}"`
      })
  }
}

/** The messages of a request, or the first that is malformed. */
export const messagesFrom = (
  messages: ReadonlyArray<CompletionMessage>
): Either.Either<ReadonlyArray<ModelMessage>, MessageIssue> => Either.all(messages.map(messageFrom))

/** A function tool as an endpoint takes it. */
export const toolOf = ({ description, ...tool }: ModelTool): JsonObject => ({
  type: "function",
  function: { ...tool, ...(description === undefined ? {} : { description: description.toWellFormed() }) }
})

/** The function tools of a request; tools of other types are left out. */
export const toolsFrom = (tools: ReadonlyArray<JsonObject>): ReadonlyArray<ModelTool> =>
  tools.flatMap((tool) => {
    const def = tool["function"]
    if (!Predicate.isRecord(def) || typeof def["name"] !== "string") return []
    const { description, name, parameters, strict } = def
    return [
      {
        name,
        parameters: isJsonObject(parameters) ? parameters : {},
        ...(typeof description === "string" ? { description } : {}),
        ...(typeof strict === "boolean" ? { strict } : {})
      }
    ]
  })
