/** The embedder of docs and questions: none, an endpoint, or a layer that implements the port. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Embeddings from "../engine/model/Embeddings.js"
import { Embedder } from "../engine/ports/Embedder.js"
import { JulepConfigError } from "../schema/Errors.js"
import { Outbound } from "./EngineModel.js"
import { httpUrl, read, redacted, secret, text } from "./environment.js"

/** An endpoint of embeddings. */
export interface EmbedderOptions {
  /**
   * The base URL, usually ending in `/v1`; OpenAI's `/embeddings` is appended to it. A URL that ends in `/embed` is used as
   * it is, for Hugging Face's Text Embeddings Inference.
   */
  readonly url: string
  /** The key, sent as `Authorization: Bearer <key>`. Default: none is sent. */
  readonly apiKey?: string | Redacted.Redacted | undefined
  /** The model. Its name is stored with the vectors: to change it, run `Embedded.reindex`. */
  readonly name: string
  /** The length of the vectors, for a model that can make several. Default: the length of the endpoint's first answer. */
  readonly dimensions?: number | undefined
}

/** The embedder: `"none"`, an endpoint, or a layer that implements the port `Embedder`. */
export type EmbedderOption = "none" | EmbedderOptions | Layer.Layer<Embedder>

const refused = (message: string) => Effect.fail(new JulepConfigError({ message }))

const endpoint = (options: EmbedderOptions): Layer.Layer<Embedder, JulepConfigError> =>
  Layer.effect(
    Embedder,
    Effect.gen(function* () {
      const { apiKey, dimensions, name } = options
      const what = "the embedder (`embedder.url`, DOCS_EMBEDDING_SERVICE_URL or EMBEDDING_SERVICE_URL)"
      const url = yield* httpUrl(what, options.url)
      if (name.trim() === "") return yield* refused('embedder.name must be the name of a model, not "".')
      if (dimensions !== undefined && !(Number.isSafeInteger(dimensions) && dimensions > 0)) {
        return yield* refused(`embedder.dimensions must be a positive integer, not ${dimensions}.`)
      }
      return Option.some(Embeddings.make(yield* Outbound, { url, apiKey: redacted(apiKey), name, dimensions }))
    })
  )

/** The embedder that an option names. Reads nothing from the environment. */
export const choose = (option: EmbedderOption = "none"): Layer.Layer<Embedder, JulepConfigError> => {
  if (option === "none") return Embedder.none
  return "url" in option ? endpoint(option) : option
}

/** v0.3 embedded docs and tools with a service each; if only one is named, it embeds docs. */
const environment = Config.all({
  docsUrl: text("DOCS_EMBEDDING_SERVICE_URL"),
  url: text("EMBEDDING_SERVICE_URL"),
  docsName: text("DOCS_EMBEDDING_MODEL_ID"),
  name: text("EMBEDDING_MODEL_ID"),
  key: secret("EMBEDDING_API_KEY")
})

/** The model that v0.3 embedded docs with by default. */
const DEFAULT_NAME = "BAAI/bge-m3"

/** The embedder of the environment: `DOCS_EMBEDDING_SERVICE_URL`, else `EMBEDDING_SERVICE_URL`, else none. */
export const fromEnvironment: Layer.Layer<Embedder, JulepConfigError> = Layer.unwrapEffect(
  Effect.map(read("the embedder", environment), ({ docsName, docsUrl, key, name, url }) =>
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
