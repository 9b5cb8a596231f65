/** Messages of the engine's prompt as a prompt of `@effect/ai`. */
import * as Prompt from "@effect/ai/Prompt"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import {
  type Content,
  type ImagePart,
  type JsonObject,
  ModelError,
  type ModelMessage,
  type ModelToolCall
} from "../../layers/EnginePorts.js"
import { contentText } from "../../schema/Message.js"
import { parseJson } from "../../schema/parseJson.js"
import { optionsOfCall, reasoningOf, textOptionsOf } from "./extra.js"

const invalid = (message: string) => new ModelError({ reason: "invalid_request", message })

const base64Data = /^data:([^;,]*)[^,]*;base64,(.*)$/s

/** The data of an image: providers take the bytes of a data URL, and the address of any other one. */
const imageData = (url: string): Either.Either<{ mediaType: string; data: Uint8Array | URL }, ModelError> => {
  const [, mediaType = "", data] = base64Data.exec(url) ?? []
  if (data === undefined) {
    return URL.canParse(url)
      ? Either.right({ mediaType: "image/*", data: new URL(url) })
      : Either.left(invalid("The URL of an image must be an address or a base64 data URL."))
  }
  return Either.mapBoth(Encoding.decodeBase64(data), {
    onLeft: () => invalid("The data URL of an image does not hold base64."),
    onRight: (bytes) => ({ mediaType: mediaType === "" ? "image/*" : mediaType, data: bytes })
  })
}

const filePart = ({ image_url: { detail, url } }: ImagePart): Either.Either<Prompt.FilePart, ModelError> =>
  Either.map(imageData(url), (image) =>
    Prompt.filePart({
      ...image,
      // Of the providers, OpenAI alone knows a level of detail. The others ignore it.
      ...(detail === undefined || detail === "auto" ? {} : { options: { openai: { imageDetail: detail } } })
    })
  )

const userParts = (content: Content): Either.Either<ReadonlyArray<Prompt.UserMessagePart>, ModelError> =>
  typeof content === "string"
    ? Either.right([Prompt.textPart({ text: content })])
    : Either.all(
        content.map(
          (part): Either.Either<Prompt.UserMessagePart, ModelError> =>
            part.type === "text" ? Either.right(Prompt.textPart({ text: part.text })) : filePart(part)
        )
      )

const callPart = (call: ModelToolCall): Prompt.ToolCallPart => {
  const params = parseJson(call.arguments)
  return Prompt.toolCallPart({
    id: call.id,
    name: call.name,
    params: Predicate.isRecord(params) ? params : { arguments: call.arguments },
    providerExecuted: false,
    options: optionsOfCall(call)
  })
}

const assistantMessage = (
  content: Content | null,
  calls: ReadonlyArray<ModelToolCall>,
  extra: JsonObject | undefined
): Prompt.AssistantMessage => {
  const text = content === null ? "" : contentText(content)
  return Prompt.assistantMessage({
    content: [
      ...reasoningOf(extra),
      ...(text === "" ? [] : [Prompt.textPart({ text, options: textOptionsOf(extra) })]),
      ...calls.map(callPart)
    ]
  })
}

/** A result as the value it is the JSON of, where nothing is lost: providers write it as JSON again. */
const resultOf = (text: string): unknown => {
  const value = parseJson(text)
  return value !== undefined && JSON.stringify(value) === text ? value : text
}

/** The prompt of a request. The results of one reply's calls are one message. */
export const promptOf = (messages: ReadonlyArray<ModelMessage>): Either.Either<Prompt.Prompt, ModelError> =>
  Either.gen(function* () {
    const prompt: Array<Prompt.Message> = []
    const names = new Map<string, string>()
    for (const message of messages) {
      switch (message.role) {
        case "system":
          prompt.push(Prompt.systemMessage({ content: message.content }))
          break
        case "user":
          prompt.push(Prompt.userMessage({ content: yield* userParts(message.content) }))
          break
        case "assistant": {
          const calls = message.tool_calls ?? []
          for (const { id, name } of calls) names.set(id, name)
          prompt.push(assistantMessage(message.content, calls, message.extra))
          break
        }
        case "tool": {
          const { content, name, tool_call_id: id } = message
          const part = Prompt.toolResultPart({
            id,
            name: name ?? names.get(id) ?? "",
            result: resultOf(content),
            isFailure: false,
            providerExecuted: false
          })
          const last = prompt.at(-1)
          const before = last?.role === "tool" ? last.content : []
          if (last?.role === "tool") prompt.pop()
          prompt.push(Prompt.toolMessage({ content: [...before, part] }))
        }
      }
    }
    return Prompt.fromMessages(prompt)
  })
