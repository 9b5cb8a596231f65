/** Models of `@effect/ai` for tests: they record what a provider would get, and reply as a test says. */
import type * as AiError from "@effect/ai/AiError"
import * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"

/** What a provider gets. */
export type Asked = LanguageModel.ProviderOptions

/** A reply, and why there is none. */
export type Told = Effect.Effect<ReadonlyArray<Response.PartEncoded>, AiError.AiError>

export const usage = { inputTokens: 11, outputTokens: 7, totalTokens: 18 }

export const finish = (reason: Response.FinishReason = "stop"): Response.FinishPartEncoded => ({
  type: "finish",
  reason,
  usage
})

export const text = (value: string): ReadonlyArray<Response.PartEncoded> => [{ type: "text", text: value }, finish()]

export const call = (name: string, params: unknown, id = "call_1"): Response.ToolCallPartEncoded => ({
  type: "tool-call",
  id,
  name,
  params
})

/** The parts of a reply as a stream emits them: text and thoughts in two pieces each. */
export const streamedParts = (parts: ReadonlyArray<Response.PartEncoded>): ReadonlyArray<Response.StreamPartEncoded> =>
  parts.flatMap((part, index): ReadonlyArray<Response.StreamPartEncoded> => {
    const id = String(index)
    if (part.type === "text") {
      const half = Math.ceil(part.text.length / 2)
      return [
        { type: "text-start", id },
        { type: "text-delta", id, delta: part.text.slice(0, half) },
        { type: "text-delta", id, delta: part.text.slice(half) },
        { type: "text-end", id, metadata: part.metadata }
      ]
    }
    if (part.type === "reasoning") {
      const half = Math.ceil(part.text.length / 2)
      return [
        { type: "reasoning-start", id },
        { type: "reasoning-delta", id, delta: part.text.slice(0, half) },
        { type: "reasoning-delta", id, delta: part.text.slice(half) },
        { type: "reasoning-end", id, metadata: part.metadata }
      ]
    }
    return [part as Response.StreamPartEncoded]
  })

/** A model that replies to each request, and the requests that it got. */
export const languageModel = (reply: (options: Asked, index: number) => Told) => {
  const asked: Array<Asked> = []
  const next = (options: Asked) =>
    Effect.suspend(() => {
      asked.push({ ...options })
      return reply(options, asked.length - 1)
    })
  const layer = Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: (options) => Effect.map(next(options), (parts) => [...parts]),
      streamText: (options) =>
        Stream.unwrap(Effect.map(next(options), (parts) => Stream.fromIterable(streamedParts(parts))))
    })
  )
  return { asked, layer }
}

/** A model that always says the same. */
export const saying = (value: string) => languageModel(() => Effect.succeed(text(value)))

/** Runs an engine without its log. */
export const silent = Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none))
