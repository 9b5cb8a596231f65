import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CompletionsApi } from "../schema/api/OpenAiApi.js"
import type { Completion, CompletionParams } from "../schema/ChatCompletion.js"
import type { RequestError } from "../schema/Errors.js"
import { DEFAULT_MODEL } from "../schema/Settings.js"
import * as ApiClient from "./ApiClient.js"
import type { JulepConfig } from "./JulepConfig.js"

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
  /** Text completions alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Completions, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Completions,
    Effect.suspend(() => make)
  )
}

export declare namespace Completions {
  interface Service {
    /** One completion. `model` defaults to `julep-ai/samantha-1-turbo`; unknown members pass both ways. */
    readonly create: (params: CompletionParams) => Effect.Effect<Completion, RequestError>
  }
}

/** The manager over the client of its group. */
export const make: Effect.Effect<Completions.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(
  function* () {
    const client = yield* ApiClient.group(CompletionsApi, "origin")
    return {
      create: Effect.fn("Completions.create")((params: CompletionParams) =>
        client.create({ payload: { ...params, model: params.model ?? DEFAULT_MODEL } })
      )
    }
  }
)
