/** Which model answers: the offline one, an endpoint, or a layer of the caller's own. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Offline from "../engine/model/Offline.js"
import * as OpenAiCompatible from "../engine/model/OpenAiCompatible.js"
import { Model } from "../engine/ports/Model.js"
import { Tokenizer } from "../engine/ports/Tokenizer.js"
import { JulepConfigError } from "../schema/Errors.js"
import { layerFetch } from "./Http.js"

/** An OpenAI-compatible endpoint. */
export interface EndpointOptions {
  /** The base URL that `/chat/completions` is added to, usually ending in `/v1`. */
  readonly url: string
  readonly apiKey?: string | Redacted.Redacted | undefined
  /** The model that stands in for the hosted Julep names and for an absent one. */
  readonly name?: string | undefined
  /** Whether the endpoint takes settings beyond OpenAI's, such as `min_p` (vLLM does). Default: false. */
  readonly samplingExtensions?: boolean | undefined
}

/** What can be said of the model: `"offline"`, an endpoint, or a layer of the port. */
export type ModelOption = "offline" | EndpointOptions | Layer.Layer<Model>

/** The HTTP client of the engine's outgoing calls: fetch, unless another one is provided. */
export class Outbound extends Context.Reference<Outbound>()("effect-julep/Embedded/Outbound", {
  defaultValue: (): HttpClient.HttpClient => Effect.runSync(Effect.provide(HttpClient.HttpClient, layerFetch))
}) {}

/** A key, hidden from logs from the first line on. */
export const redacted = (key: string | Redacted.Redacted | undefined) =>
  key === undefined || Redacted.isRedacted(key) ? key : Redacted.make(key)

const endpoint = (options: EndpointOptions): Layer.Layer<Model, JulepConfigError, Tokenizer> =>
  Layer.effect(
    Model,
    Effect.gen(function* () {
      if (!URL.canParse(options.url) || !/^https?:/.test(options.url)) {
        return yield* Effect.fail(
          new JulepConfigError({
            message: `The model's URL ${JSON.stringify(options.url)} is not an http or https URL.`
          })
        )
      }
      return OpenAiCompatible.make(yield* Outbound, yield* Tokenizer, {
        url: options.url,
        apiKey: redacted(options.apiKey),
        samplingExtensions: options.samplingExtensions ?? false
      })
    })
  )

/** The chosen model, and the name that stands in for the hosted ones. */
export interface Chosen {
  readonly layer: Layer.Layer<Model, JulepConfigError, Tokenizer>
  readonly name: string | undefined
}

const unknownModel = (option: unknown) =>
  new JulepConfigError({
    message: `model: ${JSON.stringify(option)} is no model: give "offline", { url, apiKey, name } or a layer.`
  })

/** The model that options name; nothing is read from the environment. */
export const choose = (option: ModelOption = "offline"): Chosen => {
  if (option === "offline") return { layer: Offline.layer, name: undefined }
  if (typeof option !== "object" || option === null) return { layer: Layer.fail(unknownModel(option)), name: undefined }
  return "url" in option ? { layer: endpoint(option), name: option.name } : { layer: option, name: undefined }
}

const OPENAI_URL = "https://api.openai.com/v1"
const OPENAI_MODEL = "gpt-4o-mini"

/** A variable that is empty counts as absent. */
const text = (name: string) =>
  Config.map(
    Config.option(Config.string(name)),
    Option.filter((value) => value.trim() !== "")
  )
const secret = (name: string) =>
  Config.map(
    text(name),
    Option.map((value) => Redacted.make(value))
  )

const environment = Config.all({
  url: text("MODEL_INFERENCE_URL"),
  key: secret("MODEL_API_KEY"),
  openAiKey: secret("OPENAI_API_KEY"),
  name: text("MODEL_NAME")
}).pipe(
  Effect.mapError((error) => new JulepConfigError({ message: `The model's configuration cannot be read: ${error}` }))
)

/** The model that the environment names: `MODEL_INFERENCE_URL`, else OpenAI by `OPENAI_API_KEY`, else offline. */
export const fromEnvironment: Effect.Effect<Chosen, JulepConfigError> = Effect.gen(function* () {
  const { key, name, openAiKey, url } = yield* environment
  if (Option.isSome(url)) {
    // The endpoint of the hosted models, which is what this variable named in v0.3, takes their settings.
    const option = { url: url.value, apiKey: Option.getOrUndefined(key), samplingExtensions: true }
    return choose({ ...option, name: Option.getOrUndefined(name) })
  }
  if (Option.isSome(openAiKey)) {
    const model = Option.getOrElse(name, () => OPENAI_MODEL)
    yield* Effect.logInfo(`OPENAI_API_KEY is set: chats are answered by ${model} at ${new URL(OPENAI_URL).host}`)
    return choose({ url: OPENAI_URL, apiKey: openAiKey.value, name: model })
  }
  return choose("offline")
})
