/** Text completions that the engine writes itself: each prompt is a chat of one message. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import type { ModelError, ModelEvent, ModelReply, ModelRequest, ModelUsage, OpenAiError } from "../../ports/Model.js"
import { unsupportedParameter } from "../../ports/OpenAi.js"
import { promptsOf, unsupportedByChat } from "../../ports/OpenAiText.js"
import { unprocessable } from "../Failure.js"
import { type Heading, modelRequestOf, usageChunk, usageOf } from "./LocalChat.js"
import { NO_USAGE } from "./TurnReply.js"

/** The requests to the model: one a prompt. */
export const requestsOf = Effect.fnUntraced(function* (
  body: JsonObject & { readonly model: string }
): Effect.fn.Return<ReadonlyArray<ModelRequest>, UnprocessableRequest | OpenAiError> {
  const beyond = unsupportedByChat(body)
  if (beyond !== undefined) return yield* unsupportedParameter(beyond, "the model of this engine does not support it.")
  const prompts = yield* Either.mapLeft(promptsOf(body), ({ message, tokens }) =>
    tokens ? unsupportedParameter("prompt", message) : unprocessable("prompt", message)
  )
  return yield* Effect.forEach(prompts, (content) =>
    modelRequestOf(body, { messages: [{ role: "user", content }], tools: [] })
  )
})

const sumOf = (usages: ReadonlyArray<ModelUsage>): ModelUsage =>
  usages.reduce(
    (sum, usage) => ({
      prompt_tokens: sum.prompt_tokens + usage.prompt_tokens,
      completion_tokens: sum.completion_tokens + usage.completion_tokens,
      total_tokens: sum.total_tokens + usage.total_tokens
    }),
    NO_USAGE
  )

/** Replies as the choices of a text completion, in the order of their prompts. */
export const completionOf = (heading: Heading, replies: ReadonlyArray<ModelReply>): JsonObject => ({
  ...heading,
  object: "text_completion",
  choices: replies.map(({ content, finish_reason }, index) => ({
    index,
    text: content ?? "",
    logprobs: null,
    finish_reason
  })),
  usage: usageOf(sumOf(replies.map(({ usage }) => usage)))
})

/** The replies as chunks, one prompt after the other. */
export const chunksOf = (
  heading: Heading,
  replies: ReadonlyArray<Stream.Stream<ModelEvent, ModelError>>,
  includeUsage: boolean
): Stream.Stream<JsonObject, ModelError> =>
  Stream.suspend(() => {
    const base = { ...heading, object: "text_completion" }
    const usages: Array<ModelUsage> = []
    const chunk = (index: number, text: string, finish_reason: string | null): JsonObject => ({
      ...base,
      choices: [{ index, text, logprobs: null, finish_reason }],
      ...(includeUsage ? { usage: null } : {})
    })
    const chunks = Stream.flatMap(Stream.fromIterable(replies.entries()), ([index, events]) =>
      Stream.mapConcat(events, (event): ReadonlyArray<JsonObject> => {
        if (event._tag === "Call") return []
        if (event._tag === "Text") return [chunk(index, event.text, null)]
        usages.push(event.usage)
        return [chunk(index, "", event.finish_reason)]
      })
    )
    const usage = Stream.suspend(() => Stream.make(usageChunk(base, sumOf(usages))))
    return includeUsage ? Stream.concat(chunks, usage) : chunks
  })
