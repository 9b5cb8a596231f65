/** What embeds docs and questions: nothing, an endpoint, or a layer of the caller's own. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Embeddings from "../engine/model/Embeddings.js"
import { Embedder } from "../engine/ports/Embedder.js"
import { JulepConfigError } from "../schema/Errors.js"
import { Outbound, redacted } from "./EngineModel.js"

/** An endpoint of embeddings. */
export interface EmbedderOptions {
  /**
   * The base URL that OpenAI's `/embeddings` is added to, usually ending in `/v1`; or, of Hugging Face's Text Embeddings
   * Inference, a URL that ends in `/embed`.
   */
  readonly url: string
  readonly apiKey?: string | Redacted.Redacted | undefined
  /** The model. It is stored with the vectors: another one needs `Embedded.reindex`. */
  readonly name: string
  /** The length of its vectors, for a model that can make several. Default: what the endpoint answers. */
  readonly dimensions?: number | undefined
}

/** What can be said of the embedder: `"none"`, an endpoint, or a layer of the port. */
export type EmbedderOption = "none" | EmbedderOptions | Layer.Layer<Embedder>

const refused = (message: string) => new JulepConfigError({ message })

const endpoint = (options: EmbedderOptions): Layer.Layer<Embedder, JulepConfigError> =>
  Layer.effect(
    Embedder,
    Effect.gen(function* () {
      const { apiKey, dimensions, name, url } = options
      if (!URL.canParse(url) || !/^https?:/.test(url)) {
        return yield* Effect.fail(refused(`The embedder's URL ${JSON.stringify(url)} is not an http or https URL.`))
      }
      if (name.trim() === "") return yield* Effect.fail(refused("The embedder needs the name of its model."))
      if (dimensions !== undefined && !(Number.isSafeInteger(dimensions) && dimensions > 0)) {
        return yield* Effect.fail(refused(`The embedder's dimensions ${dimensions} are no whole number above 0.`))
      }
      return Option.some(Embeddings.make(yield* Outbound, { url, apiKey: redacted(apiKey), name, dimensions }))
    })
  )

/** The embedder that an option names; nothing is read from the environment. */
export const choose = (option: EmbedderOption = "none"): Layer.Layer<Embedder, JulepConfigError> => {
  if (option === "none") return Embedder.none
  return "url" in option ? endpoint(option) : option
}

/** A variable that is empty counts as absent. */
const text = (name: string) =>
  Config.map(
    Config.option(Config.string(name)),
    Option.filter((value) => value.trim() !== "")
  )

/** v0.3 embedded docs and tools by two services; where only one is named, it serves. */
const environment = Config.all({
  docsUrl: text("DOCS_EMBEDDING_SERVICE_URL"),
  url: text("EMBEDDING_SERVICE_URL"),
  docsName: text("DOCS_EMBEDDING_MODEL_ID"),
  name: text("EMBEDDING_MODEL_ID"),
  key: text("EMBEDDING_API_KEY")
})

/** What v0.3 embedded docs with, unless it was told otherwise. */
const DEFAULT_NAME = "BAAI/bge-m3"

/** The embedder that the environment names by `DOCS_EMBEDDING_SERVICE_URL` or `EMBEDDING_SERVICE_URL`, else none. */
export const fromEnvironment: Layer.Layer<Embedder, JulepConfigError> = Layer.unwrapEffect(
  environment.pipe(
    Effect.mapError((error) => refused(`The embedder's configuration cannot be read: ${error}`)),
    Effect.map(({ docsName, docsUrl, key, name, url }) =>
      Option.match(
        Option.orElse(docsUrl, () => url),
        {
          onNone: () => choose("none"),
          onSome: (url) =>
            choose({
              url,
              apiKey: Option.getOrUndefined(key),
              name: Option.getOrElse(
                Option.orElse(docsName, () => name),
                () => DEFAULT_NAME
              )
            })
        }
      )
    )
  )
)
