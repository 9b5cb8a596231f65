/** The manager of text completions with effects; `promise/Chat.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { CompletionsApi } from "../schema/api/CompletionsApi.js"
import { deltaText } from "../schema/Chat.js"
import { type Completion, CompletionChunk, type CompletionParams, CreateCompletion } from "../schema/ChatCompletion.js"
import type { ChatError, RequestError } from "../schema/Errors.js"
import { DEFAULT_MODEL } from "../schema/Settings.js"
import * as EventStream from "../transport/EventStream.js"
import * as ApiClient from "./ApiClient.js"
import { toWriteError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { method } from "./method.js"

/**
 * OpenAI-compatible text completions at `<origin of the base URL>/v1`.
 *
 * @example
 * ```ts
 * import { Completions } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const program = Effect.flatMap(Completions, (completions) => completions.create({ prompt: "Once upon a time" }))
 * ```
 */
export class Completions extends Context.Tag("effect-julep/Completions")<Completions, Completions.Service>() {
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Completions, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Completions,
    Effect.suspend(() => make)
  )
}

export declare namespace Completions {
  /** The operations on text completions. */
  interface Service {
    /** One completion. `model` defaults to `julep-ai/samantha-1-turbo`. Unknown members are passed on, both ways. */
    readonly create: (params: CompletionParams) => Effect.Effect<Completion, ChatError>
    /** `create`, streamed. `accumulateCompletion` collects the chunks into one completion. */
    readonly stream: (params: CompletionParams) => Stream.Stream<CompletionChunk, RequestError>
  }
}

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Completions.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(
  function* () {
    const client = yield* ApiClient.group(CompletionsApi, { create: toWriteError }, "origin")
    const open = EventStream.open(yield* ApiClient.transport("origin"), {
      path: "/v1/completions",
      event: CompletionChunk,
      text: deltaText,
      finishes: (chunk) => chunk.choices.some(({ finish_reason }) => Predicate.isNotNullable(finish_reason))
    })
    return {
      create: method("Julep.completions.create")((params: CompletionParams) =>
        client.create({ payload: { ...params, model: params.model ?? DEFAULT_MODEL } })
      ),
      stream: (params) =>
        Stream.withSpan(
          ApiClient.encoded(CreateCompletion, { ...params, model: params.model ?? DEFAULT_MODEL, stream: true }, open),
          "Julep.completions.stream"
        )
    }
  }
)
