/** The manager of chat completions with effects; `promise/Chat.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ChatApi } from "../schema/api/CompletionsApi.js"
import { deltaText } from "../schema/Chat.js"
import {
  type ChatCompletion,
  ChatCompletionChunk,
  type ChatCompletionParams,
  CreateChatCompletion
} from "../schema/ChatCompletion.js"
import type { ChatError, RequestError } from "../schema/Errors.js"
import { DEFAULT_MODEL } from "../schema/Settings.js"
import * as EventStream from "../transport/EventStream.js"
import * as ApiClient from "./ApiClient.js"
import { toWriteError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { method } from "./method.js"

/**
 * OpenAI-compatible chat completions at `<origin of the base URL>/v1`: stateless, no agent, no history.
 *
 * @example
 * ```ts
 * import { Chat } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const program = Effect.flatMap(Chat, (chat) =>
 *   chat.completions.create({ messages: [{ role: "user", content: "Hello" }], min_p: 0.05 })
 * )
 * ```
 */
export class Chat extends Context.Tag("effect-julep/Chat")<Chat, Chat.Service>() {
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Chat, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Chat,
    Effect.suspend(() => make)
  )
}

export declare namespace Chat {
  /** The operations on chat completions. */
  interface Service {
    /** The operations of `/v1/chat/completions`. */
    readonly completions: {
      /** One completion. `model` defaults to `julep-ai/samantha-1-turbo`. Unknown members are passed on, both ways. */
      readonly create: (params: ChatCompletionParams) => Effect.Effect<ChatCompletion, ChatError>
      /** `create`, streamed. `accumulateChatCompletion` collects the chunks into one completion. */
      readonly stream: (params: ChatCompletionParams) => Stream.Stream<ChatCompletionChunk, RequestError>
    }
  }
}

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Chat.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(function* () {
  const client = yield* ApiClient.group(ChatApi, { create: toWriteError }, "origin")
  const open = EventStream.open(yield* ApiClient.transport("origin"), {
    path: "/v1/chat/completions",
    event: ChatCompletionChunk,
    text: deltaText,
    finishes: (chunk) => chunk.choices.some(({ finish_reason }) => Predicate.isNotNullable(finish_reason))
  })
  return {
    completions: {
      create: method("Julep.chat.completions.create")((params: ChatCompletionParams) =>
        client.create({ payload: { ...params, model: params.model ?? DEFAULT_MODEL } })
      ),
      stream: (params) =>
        Stream.withSpan(
          ApiClient.encoded(
            CreateChatCompletion,
            { ...params, model: params.model ?? DEFAULT_MODEL, stream: true },
            open
          ),
          "Julep.chat.completions.stream"
        )
    }
  }
})
