/** Chat completions and text completions with promises; `services` has them with effects. */
import { accumulateChatCompletion, accumulateCompletion } from "../services/accumulate.js"
import type {
  AccumulatedChatCompletion,
  AccumulatedCompletion,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionParams,
  Completion,
  CompletionChunk,
  CompletionParams
} from "./entities.js"
import type { RequestOptions } from "./Options.js"
import type { Runner } from "./Runner.js"
import type { ReplyStream } from "./streams.js"

/**
 * OpenAI-compatible chat completions at `<origin of the base URL>/v1`: stateless, no agent, no history.
 *
 * @example
 * ```ts
 * import type { Client } from "effect-julep/promise"
 *
 * const hello = async (client: Client) => {
 *   const { choices } = await client.chat.completions.create({ messages: [{ role: "user", content: "Hello" }] })
 *   return choices[0]?.message.content
 * }
 * ```
 */
export interface Chat {
  /** Chat completions. */
  readonly completions: ChatCompletions
}

/** Chat completions. `model` defaults to `julep-ai/samantha-1-turbo`. Unknown members are passed on, both ways. */
export interface ChatCompletions {
  /** One completion. */
  create(params: ChatCompletionParams, options?: RequestOptions): Promise<ChatCompletion>
  /** A streamed completion: iterate over its chunks, or collect them with `accumulate()`, which assembles tool calls. */
  stream(
    params: ChatCompletionParams,
    options?: RequestOptions
  ): ReplyStream<ChatCompletionChunk, AccumulatedChatCompletion>
}

/**
 * OpenAI-compatible text completions at `<origin of the base URL>/v1`. `model` defaults to `julep-ai/samantha-1-turbo`.
 * Unknown members are passed on, both ways.
 *
 * @example
 * ```ts
 * import type { Client } from "effect-julep/promise"
 *
 * const tale = (client: Client) => client.completions.create({ prompt: "Once upon a time" })
 * ```
 */
export interface Completions {
  /** One completion. */
  create(params: CompletionParams, options?: RequestOptions): Promise<Completion>
  /** A streamed completion: iterate over its chunks, or collect them with `accumulate()`. */
  stream(params: CompletionParams, options?: RequestOptions): ReplyStream<CompletionChunk, AccumulatedCompletion>
}

/** @internal */
export const chat = (runner: Runner): Chat => ({
  completions: {
    create: (params, options) => runner.call(({ chat }) => chat.completions.create(params), options),
    stream: (params, options) =>
      runner.reply(({ chat }) => chat.completions.stream(params), accumulateChatCompletion, options)
  }
})

/** @internal */
export const completions = (runner: Runner): Completions => ({
  create: (params, options) => runner.call(({ completions }) => completions.create(params), options),
  stream: (params, options) =>
    runner.reply(({ completions }) => completions.stream(params), accumulateCompletion, options)
})
