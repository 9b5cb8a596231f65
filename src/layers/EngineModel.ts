/** Which model answers: the offline one, an endpoint, or a layer that implements the port. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Offline from "../engine/model/Offline.js"
import * as OpenAiCompatible from "../engine/model/OpenAiCompatible.js"
import { Model } from "../engine/ports/Model.js"
import { Tokenizer } from "../engine/ports/Tokenizer.js"
import { JulepConfigError } from "../schema/Errors.js"
import type { OptionNames } from "../schema/names.js"
import { DEFAULT_MODEL } from "../schema/Settings.js"
import * as CommonEndpointOptions from "./CommonEndpointOptions.js"
import { httpUrl, read, secret, text } from "./environment.js"
import { Outbound } from "./Outbound.js"

/** An OpenAI-compatible endpoint. */
export interface ModelEndpoint extends CommonEndpointOptions.CommonEndpointOptions {
  /** The model for agents that name no model, or one that Julep hosted. Default: `MODEL_NAME`. */
  readonly name?: string | undefined
  /** Whether the endpoint accepts settings beyond OpenAI's, such as `min_p`, as vLLM does. Default: false. */
  readonly samplingExtensions?: boolean | undefined
  /**
   * Whether messages are sent with the `name` of their sender, which some endpoints refuse. Only names of at most 64
   * letters, digits, `_` and `-` are sent. Default: false. Where several names share a role, their texts begin with them in
   * any case.
   */
  readonly messageNames?: boolean | undefined
}

/** A layer that implements `Model`, with the name of its model: `EngineModel.languageModel` of `effect-julep/ai` gives one. */
export interface ModelLayer {
  /** The layer of the model. It is built once, with the engine. */
  readonly layer: Layer.Layer<Model, JulepConfigError>
  /** The model for agents that name no model, or one that Julep hosted. Default: `MODEL_NAME`. */
  readonly name?: string | undefined
}

/**
 * The model: `"offline"`, an endpoint, or a layer that implements `Model`, with or without a name.
 *
 * @example
 * ```ts
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect, Layer, Stream } from "effect"
 *
 * const usage: Embedded.ModelUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
 * const textFor = ({ messages }: Embedded.ModelRequest) => `You said: ${messages.at(-1)?.content}`
 *
 * const echo = Layer.succeed(Embedded.Model, {
 *   instructable: false,
 *   complete: (request) =>
 *     Effect.succeed({ content: textFor(request), tool_calls: [], finish_reason: "stop", usage }),
 *   stream: (request) =>
 *     Stream.fromIterable<Embedded.ModelEvent>([
 *       { _tag: "Text", text: textFor(request) },
 *       { _tag: "End", finish_reason: "stop", usage }
 *     ]),
 *   list: Effect.succeed(["echo"])
 * })
 * const engine = Embedded.layer({ model: echo })
 * ```
 */
export type ModelOption = "offline" | ModelEndpoint | ModelLayer | Layer.Layer<Model, JulepConfigError>

const OPTIONS: OptionNames<ModelEndpoint> = {
  ...CommonEndpointOptions.COMMON_OPTIONS,
  name: true,
  samplingExtensions: true,
  messageNames: true
}

const endpoint = (options: ModelEndpoint): Layer.Layer<Model, JulepConfigError, Tokenizer> =>
  Layer.effect(
    Model,
    Effect.gen(function* () {
      const what = "the model (`model.url`, MODEL_INFERENCE_URL or OPENAI_BASE_URL)"
      const checked = yield* CommonEndpointOptions.check("model", what, options, OPTIONS)
      if (options.name === undefined) {
        const advice = "If it does not have that model, give `name` or set MODEL_NAME."
        yield* Effect.logWarning(
          `Agents that name no model of their own will ask ${new URL(checked.url).host} for ${DEFAULT_MODEL}. ${advice}`
        )
      }
      return OpenAiCompatible.make(yield* Outbound, yield* Tokenizer, {
        ...checked,
        samplingExtensions: options.samplingExtensions ?? false,
        messageNames: options.messageNames
      })
    })
  )

/** The chosen model, and the name that stands in for the hosted ones. */
export interface Chosen {
  readonly layer: Layer.Layer<Model, JulepConfigError, Tokenizer>
  readonly name: string | undefined
  /** The model as a person would name it, such as `llama3.2 at localhost:11434`. */
  readonly label: string
}

const isEndpoint = (option: ModelOption | undefined): option is ModelEndpoint =>
  typeof option === "object" && option !== null && "url" in option

const isNamed = (option: ModelOption): option is ModelLayer =>
  Predicate.isRecord(option) && "layer" in option && Layer.isLayer(option.layer)

/** The name that an option itself has for its model. */
const nameOf = (option: ModelOption | undefined): string | undefined =>
  option !== undefined && (isEndpoint(option) || isNamed(option)) ? option.name : undefined

/** Names the members of an object alone: their values may be secrets. */
const unknownModel = (option: unknown) => {
  const given = Predicate.isReadonlyRecord(option) ? `{ ${Object.keys(option).join(", ")} }` : JSON.stringify(option)
  return new JulepConfigError({
    message: `model must be "offline", { url, apiKey, name } or a layer of Embedded.Model, not ${given}.`
  })
}

/** The model that an option names, under a stand-in name. Reads nothing from the environment. */
export const choose = (option: ModelOption = "offline", modelName?: string): Chosen => {
  if (option === "offline") return { layer: Offline.layer, name: modelName, label: "offline" }
  const name = modelName ?? nameOf(option)
  const called = name ?? "the model that each agent names"
  if (isEndpoint(option)) {
    const at = URL.canParse(option.url) ? ` at ${new URL(option.url).host}` : ""
    return { layer: endpoint({ ...option, name }), name, label: `${called}${at}` }
  }
  if (isNamed(option)) return { layer: option.layer, name, label: called }
  return { layer: Layer.isLayer(option) ? option : Layer.fail(unknownModel(option)), name: modelName, label: called }
}

const OPENAI_URL = "https://api.openai.com/v1"
const OPENAI_MODEL = "gpt-4o-mini"

const environment = Config.all({
  url: text("MODEL_INFERENCE_URL"),
  key: secret("MODEL_API_KEY"),
  openAiUrl: text("OPENAI_BASE_URL"),
  openAiKey: secret("OPENAI_API_KEY"),
  name: text("MODEL_NAME")
})

/**
 * The model that an option names; without one, the model of the environment: `MODEL_INFERENCE_URL` with `MODEL_API_KEY`,
 * else `OPENAI_BASE_URL` or OpenAI with `OPENAI_API_KEY`, else offline. No key goes to another's URL. The stand-in name is
 * the option's, else the endpoint's own, else `MODEL_NAME`.
 */
export const fromEnvironment = (
  option: ModelOption | undefined,
  modelName: string | undefined
): Effect.Effect<Chosen, JulepConfigError> =>
  Effect.gen(function* () {
    if (option === "offline") return choose(option, modelName)
    const { key, name: variable, openAiKey, openAiUrl, url } = yield* read("the model", environment)
    const name = modelName ?? nameOf(option) ?? Option.getOrUndefined(variable)
    if (option !== undefined) return choose(option, name)
    if (Option.isSome(url)) {
      // In v0.3 this variable named the endpoint of the hosted models, which takes their settings.
      return choose({ url: url.value, apiKey: Option.getOrUndefined(key), samplingExtensions: true }, name)
    }
    if (Option.isSome(openAiKey) || Option.isSome(openAiUrl)) {
      const model = name ?? OPENAI_MODEL
      const base = yield* httpUrl(
        "the model (OPENAI_BASE_URL)",
        Option.getOrElse(openAiUrl, () => OPENAI_URL)
      )
      const variable = Option.isSome(openAiUrl) ? "OPENAI_BASE_URL" : "OPENAI_API_KEY"
      yield* Effect.logInfo(`${variable} is set: ${model} at ${new URL(base).host} answers chats`)
      return choose({ url: base, apiKey: Option.getOrUndefined(openAiKey) }, model)
    }
    return choose("offline", modelName)
  })
