/** The embedder of docs and questions: none, an endpoint, or a layer that implements the port. */
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Embeddings from "../engine/model/Embeddings.js"
import { Embedder } from "../engine/ports/Embedder.js"
import { JulepConfigError } from "../schema/Errors.js"
import type { OptionNames } from "../schema/names.js"
import * as CommonEndpointOptions from "./CommonEndpointOptions.js"
import { read, secret, text } from "./environment.js"
import { Outbound } from "./Outbound.js"

/** An endpoint of embeddings. */
export interface EmbedderEndpoint extends CommonEndpointOptions.CommonEndpointOptions {
  /**
   * The base URL, usually ending in `/v1`; OpenAI's `/embeddings` is appended to it. A URL that ends in `/embed` is used as
   * it is, for Hugging Face's Text Embeddings Inference.
   */
  readonly url: string
  /** The model. Its name is stored with the vectors: to change it, run `Embedded.reindex`. */
  readonly name: string
  /** The length of the vectors, for a model that can make several. Default: the length of the endpoint's first answers. */
  readonly dimensions?: number | undefined
  /**
   * The most tokens of a text that the model reads, by the engine's estimate. Of a longer text, such as a passage for a model
   * that reads 512 tokens, the beginning is embedded. Default: 8192.
   */
  readonly maxTokens?: number | undefined
  /**
   * How long the embedding of a question may take, with its retries; after that, recall goes on with words alone. A number
   * is milliseconds. Default: 3 seconds.
   */
  readonly queryTimeout?: Duration.DurationInput | undefined
}

/** The embedder: `"none"`, an endpoint, or a layer that implements the port `Embedder`. */
export type EmbedderOption = "none" | EmbedderEndpoint | Layer.Layer<Embedder, JulepConfigError>

const refused = (message: string) => Effect.fail(new JulepConfigError({ message }))

const OPTIONS: OptionNames<EmbedderEndpoint> = {
  ...CommonEndpointOptions.COMMON_OPTIONS,
  name: true,
  dimensions: true,
  maxTokens: true,
  queryTimeout: true
}

const endpoint = (options: EmbedderEndpoint): Layer.Layer<Embedder, JulepConfigError> =>
  Layer.effect(
    Embedder,
    Effect.gen(function* () {
      const { dimensions, maxTokens, name } = options
      const what = "the embedder (`embedder.url`, DOCS_EMBEDDING_SERVICE_URL or EMBEDDING_SERVICE_URL)"
      const checked = yield* CommonEndpointOptions.check("embedder", what, options, OPTIONS)
      if (typeof name !== "string" || name.trim() === "")
        return yield* refused(
          'embedder.name must be the name of a model, such as "BAAI/bge-m3", and is missing or blank.'
        )
      for (const [option, value] of Object.entries({ dimensions, maxTokens })) {
        if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
          return yield* refused(`embedder.${option} must be a positive integer, not ${value}.`)
        }
      }
      const queryTimeout = yield* Either.mapLeft(
        CommonEndpointOptions.durationOf("embedder.queryTimeout", options.queryTimeout ?? "3 seconds"),
        (message) => new JulepConfigError({ message })
      )
      return Option.some(Embeddings.make(yield* Outbound, { ...checked, name, dimensions, maxTokens, queryTimeout }))
    })
  )

const isEndpoint = (option: EmbedderOption): option is EmbedderEndpoint =>
  typeof option === "object" && option !== null && "url" in option

const unknownEmbedder = () =>
  new JulepConfigError({ message: 'embedder must be "none", { url, apiKey, name } or a layer of Embedded.Embedder.' })

/** The embedder that an option names. Reads nothing from the environment. */
export const choose = (option: EmbedderOption = "none"): Layer.Layer<Embedder, JulepConfigError> => {
  if (option === "none") return Embedder.none
  if (isEndpoint(option)) return endpoint(option)
  return Layer.isLayer(option) ? option : Layer.fail(unknownEmbedder())
}

/** v0.3 embedded docs and tools with a service each; if only one is named, it embeds docs. */
const urls = Config.all([text("DOCS_EMBEDDING_SERVICE_URL"), text("EMBEDDING_SERVICE_URL")])

/** How the service is called. Read only if there is one: each variable takes about a millisecond of a cold start. */
const settings = Config.all({
  docsName: text("DOCS_EMBEDDING_MODEL_ID"),
  name: text("EMBEDDING_MODEL_ID"),
  key: secret("EMBEDDING_API_KEY")
})

/** The model that v0.3 embedded docs with by default. */
const DEFAULT_NAME = "BAAI/bge-m3"

/** Whether the environment names an embedder. */
export const isInEnvironment: Effect.Effect<boolean, JulepConfigError> = Effect.map(
  read("the embedder", urls),
  (given) => Option.isSome(Option.firstSomeOf(given))
)

/** The embedder of the environment: `DOCS_EMBEDDING_SERVICE_URL`, else `EMBEDDING_SERVICE_URL`, else none. */
export const fromEnvironment: Layer.Layer<Embedder, JulepConfigError> = Layer.unwrapEffect(
  Effect.gen(function* () {
    const url = Option.firstSomeOf(yield* read("the embedder", urls))
    if (Option.isNone(url)) return choose("none")
    const { docsName, key, name } = yield* read("the embedder", settings)
    return choose({
      url: url.value,
      apiKey: Option.getOrUndefined(key),
      name: Option.getOrElse(Option.firstSomeOf([docsName, name]), () => DEFAULT_NAME)
    })
  })
)
