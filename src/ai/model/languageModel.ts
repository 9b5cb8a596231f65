/** Any `LanguageModel` as the engine's model. */
import * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { ModelLayer } from "../../layers/EngineModel.js"
import { Model, ModelError, type ModelEvent, type ModelRequest } from "../../layers/EnginePorts.js"
import { DEFAULT_MODEL } from "../../schema/Settings.js"
import * as Calls from "./calls.js"
import { toModelError } from "./errors.js"
import { estimateOf } from "./estimate.js"
import { durationOf, orConfigError, TIMEOUT, timeoutError } from "./layers.js"
import { ReplyAccumulator } from "./ReplyAccumulator.js"
import type { ProviderSettings, SettingName } from "./settings.js"

/** The options of a `LanguageModel` as the engine's model. */
export interface LanguageModelOptions {
  /**
   * The name of the model, for agents that name none, and for the context window where it is known. Requests for any other
   * model fail, unless `settings` maps `model`. Default: the model answers under every name.
   */
  readonly name?: string | undefined
  /**
   * The settings that have a place in the provider's configuration, made with {@link settings}. Any other setting of a chat
   * or an agent is refused by its name. Default: none has a place.
   */
  readonly settings?: ProviderSettings | undefined
  /** Settings that are left out of every request instead of refused, such as `["seed"]`. Default: none. */
  readonly omit?: ReadonlyArray<SettingName | (string & {})> | undefined
  /**
   * Whether the model follows instructions, so that background jobs have it write summaries and extract facts. Default:
   * true.
   */
  readonly instructable?: boolean | undefined
  /**
   * How long a whole reply may take, and how long a streamed one may pause. A number is milliseconds. Default: 300 seconds.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

const make = (
  service: LanguageModel.Service,
  options: LanguageModelOptions,
  timeout: Duration.Duration
): Model.Service => {
  const otherModel = ({ model }: ModelRequest): ModelError | undefined =>
    options.name === undefined || options.name === model || options.settings?.names.has("model") === true
      ? undefined
      : new ModelError({
          reason: "unknown_model",
          message: `The model of this engine is ${options.name}, not ${model}.`
        })
  const callOf = (request: ModelRequest): Either.Either<Calls.Call, ModelError> => {
    const other = otherModel(request)
    return other === undefined ? Calls.callOf(request, options) : Either.left(other)
  }
  const ended = (parts: ReplyAccumulator, request: ModelRequest) => {
    const reply = parts.end(estimateOf(request))
    return reply instanceof ModelError ? Effect.fail(reply) : Effect.succeed(reply)
  }

  const complete = Effect.fn("Model.complete")(function* (request: ModelRequest) {
    const call = yield* callOf(request)
    const written = yield* Calls.whole(service, call).pipe(
      Effect.catchAll((error) => Effect.flatMap(toModelError(error), Effect.fail)),
      Effect.timeoutFail({ duration: timeout, onTimeout: timeoutError(timeout) })
    )
    const parts = new ReplyAccumulator()
    for (const part of written) parts.push(part)
    return yield* ended(parts, request)
  })

  const stream = (request: ModelRequest): Stream.Stream<ModelEvent, ModelError> =>
    Stream.unwrap(
      Effect.map(callOf(request), (call) => {
        const parts = new ReplyAccumulator()
        const events = Calls.streamed(service, call).pipe(
          Stream.catchAll((error) => Stream.fromEffect(Effect.flatMap(toModelError(error), Effect.fail))),
          Stream.timeoutFail(timeoutError(timeout), timeout),
          Stream.mapConcatEffect((part): Effect.Effect<ReadonlyArray<ModelEvent>, ModelError> => {
            const said = parts.push(part)
            if (parts.failure !== undefined) return Effect.fail(parts.failure)
            if (said === undefined) return Effect.succeed([])
            return Effect.succeed(["text" in said ? { _tag: "Text", ...said } : { _tag: "Call", ...said }])
          })
        )
        const end = Stream.suspend(() =>
          Stream.mapEffect(Stream.make(parts), () =>
            Effect.map(
              ended(parts, request),
              ({ extra, finish_reason, usage }): ModelEvent => ({
                _tag: "End",
                finish_reason,
                usage,
                ...(extra === undefined ? {} : { extra })
              })
            )
          )
        )
        return Stream.concat(events, end)
      })
    )

  return {
    instructable: options.instructable ?? true,
    complete,
    stream,
    list: Effect.succeed([options.name ?? DEFAULT_MODEL])
  }
}

/**
 * Any `LanguageModel` of `@effect/ai` as the engine's model, for the option `model`: Anthropic, Google, Amazon Bedrock, or
 * OpenAI's responses. Its tools, images, thoughts, JSON Schemas, usage and errors are those of the provider. Retries are
 * those of the `HttpClient` that you give the provider: the engine adds none.
 *
 * A `LanguageModel` has no place for settings such as `temperature`. Map them with {@link settings}, or leave them out with
 * `omit`; else a chat that sets one fails with `BadRequest`, which names it.
 *
 * @example
 * ```ts
 * import { OpenAiClient, OpenAiLanguageModel } from "@effect/ai-openai"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Config, Layer } from "effect"
 * import { EngineModel } from "effect-julep/ai"
 * import { Embedded } from "effect-julep/embedded"
 *
 * const client = OpenAiClient.layerConfig({ apiKey: Config.redacted("OPENAI_API_KEY") })
 * const responses = OpenAiLanguageModel.layer({ model: "gpt-4.1", config: { strict: false } }).pipe(
 *   Layer.provide(client),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * const engine = Embedded.layer({
 *   model: EngineModel.languageModel(responses, {
 *     name: "gpt-4.1",
 *     settings: EngineModel.settings(OpenAiLanguageModel.Config, {
 *       temperature: (temperature) => ({ temperature }),
 *       max_tokens: (max_output_tokens) => ({ max_output_tokens })
 *     })
 *   })
 * })
 * ```
 */
export const languageModel = <E>(
  layer: Layer.Layer<LanguageModel.LanguageModel, E>,
  options: LanguageModelOptions = {}
): ModelLayer => ({
  name: options.name,
  layer: Layer.effect(
    Model,
    Effect.gen(function* () {
      const timeout = yield* durationOf("The timeout of a language model", options.timeout ?? TIMEOUT)
      return make(yield* LanguageModel.LanguageModel, options, timeout)
    })
  ).pipe(Layer.provide(orConfigError("model", layer)))
})
