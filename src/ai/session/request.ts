/** A request of `@effect/ai` as a turn of a session: what follows the last message of the assistant. */
import type * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Prompt from "@effect/ai/Prompt"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import type { ChatInput } from "../../schema/Chat.js"
import type { Content, InputChatMLMessage } from "../../schema/Message.js"
import { definitionOf, jsonSchemaOf } from "../definition.js"
import { resultText, type Turn, turnsOf, urlOf } from "./turns.js"

/** What every turn is sent with. */
export type Defaults = Omit<ChatInput, "messages" | "tools" | "tool_choice" | "response_format" | "record">

/** A turn, and the messages before it, which the session must have. */
export interface SessionRequest {
  readonly before: ReadonlyArray<Turn>
  readonly input: ChatInput
}

/** What is wrong with a request, in words. */
type Checked<A> = Either.Either<A, string>

/** Options of a provider have no place in a session, whose model is its agent's. */
const withoutOptions = <Part extends { readonly options: Prompt.ProviderOptions }>(part: Part): Checked<Part> => {
  const names = Object.keys(part.options)
  return names.length === 0
    ? Either.right(part)
    : Either.left(`a session has no place for the options of a message: ${names.join(", ")}. Leave them out.`)
}

type ContentPart = Exclude<Content, string>[number]

const contentPart = (part: Prompt.UserMessagePart): Checked<ContentPart> =>
  Either.flatMap(withoutOptions(part), (part): Checked<ContentPart> => {
    if (part.type === "text") return Either.right({ type: "text", text: part.text })
    return part.mediaType.startsWith("image/")
      ? Either.right({ type: "image_url", image_url: { url: urlOf(part) } })
      : Either.left(`a session takes texts and images, not files of the type ${part.mediaType}.`)
  })

const contentOf = (parts: ReadonlyArray<Prompt.UserMessagePart>): Checked<Content> =>
  Either.map(Either.all(parts.map(contentPart)), (content) => {
    const [first] = content
    return content.length === 1 && first?.type === "text" ? first.text : content
  })

const messagesOf = (message: Prompt.Message): Checked<ReadonlyArray<InputChatMLMessage>> =>
  Either.gen(function* () {
    yield* withoutOptions(message)
    switch (message.role) {
      case "system":
        return [{ role: "system", content: message.content }]
      case "user":
        return [{ role: "user", content: yield* contentOf(message.content) }]
      case "tool":
        return (yield* Either.all(message.content.map(withoutOptions))).map(({ id, name, result }) => ({
          role: "function",
          name,
          tool_call_id: id,
          content: resultText(result)
        }))
      case "assistant":
        return []
    }
  })

/** The tools of `oneOf` are the only ones that the request has. */
const choiceOf = (choice: LanguageModel.ToolChoice<string>): NonNullable<ChatInput["tool_choice"]> => {
  if (typeof choice === "string") return choice
  return "tool" in choice ? { type: "function", function: { name: choice.tool } } : (choice.mode ?? "auto")
}

const formatOf = ({ responseFormat: format }: LanguageModel.ProviderOptions): Checked<Partial<ChatInput>> =>
  format.type === "text"
    ? Either.right({})
    : Either.map(jsonSchemaOf(`the schema ${format.objectName}`, format.schema.ast), (schema) => ({
        response_format: { type: "json_object", schema }
      }))

/** The turn of a request, or what is wrong with it. */
export const requestOf = (options: LanguageModel.ProviderOptions, defaults: Defaults): Checked<SessionRequest> =>
  Either.gen(function* () {
    const all = options.prompt.content
    const end = all.findLastIndex(({ role }) => role === "assistant") + 1
    const messages = (yield* Either.all(all.slice(end).map(messagesOf))).flat()
    if (!Arr.isNonEmptyReadonlyArray(messages)) {
      return yield* Either.left("nothing follows the last message of the assistant, so there is nothing to send.")
    }
    const tools = yield* Either.all(options.tools.map(definitionOf))
    const format = yield* formatOf(options)
    return {
      before: all.slice(0, end).flatMap(turnsOf),
      input: {
        ...defaults,
        messages,
        ...(tools.length === 0 ? {} : { tools: tools.map((tool) => ({ type: "function", function: tool })) }),
        tool_choice: choiceOf(options.toolChoice),
        ...format
      }
    }
  })
