/** The reranker of recall: none, an endpoint, or a layer that implements the port. */
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Reranking from "../engine/model/Reranking.js"
import { Reranker } from "../engine/ports/Reranker.js"
import { JulepConfigError } from "../schema/Errors.js"
import type { OptionNames } from "../schema/names.js"
import * as CommonEndpointOptions from "./CommonEndpointOptions.js"
import { read, secret, text } from "./environment.js"
import { Outbound } from "./Outbound.js"

/** An endpoint that reranks. */
export interface RerankEndpoint extends Omit<CommonEndpointOptions.CommonEndpointOptions, "timeout"> {
  /**
   * The base URL, to which `/rerank` is added, or a URL that ends in it: that of Cohere, Jina or a server that speaks as they
   * do, or of Hugging Face's Text Embeddings Inference.
   */
  readonly url: string
  /**
   * The model. With one, requests are in the form of Cohere and Jina. Default: none, and requests are in the form of Text
   * Embeddings Inference.
   */
  readonly model?: string | undefined
  /**
   * How long a search waits for the reranker, with its retries; after that, the order is that of the search. A number is
   * milliseconds. Default: 3 seconds.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/** The reranker: `"none"`, an endpoint, or a layer that implements the port `Reranker`. */
export type RerankOption = "none" | RerankEndpoint | Layer.Layer<Reranker, JulepConfigError>

const OPTIONS: OptionNames<RerankEndpoint> = { ...CommonEndpointOptions.COMMON_OPTIONS, model: true }

const endpoint = (options: RerankEndpoint): Layer.Layer<Reranker, JulepConfigError> =>
  Layer.effect(
    Reranker,
    Effect.gen(function* () {
      const { model, timeout = "3 seconds", ...common } = options
      const what = "the reranker (`rerank.url` or RERANK_SERVICE_URL)"
      const checked = yield* CommonEndpointOptions.check("rerank", what, { ...common, timeout: undefined }, OPTIONS)
      if (model !== undefined && (typeof model !== "string" || model.trim() === "")) {
        const message = `rerank.model must be the name of a model, such as "rerank-v3.5", not ${JSON.stringify(model)}.`
        return yield* new JulepConfigError({ message })
      }
      const queryTimeout = yield* Either.mapLeft(
        CommonEndpointOptions.durationOf("rerank.timeout", timeout),
        (message) => new JulepConfigError({ message })
      )
      return Option.some(Reranking.make(yield* Outbound, { ...checked, model, queryTimeout }))
    })
  )

const isEndpoint = (option: RerankOption): option is RerankEndpoint =>
  typeof option === "object" && option !== null && "url" in option

/** The reranker that an option names. Reads nothing from the environment. */
export const choose = (option: RerankOption = "none"): Layer.Layer<Reranker, JulepConfigError> => {
  if (option === "none") return Layer.succeed(Reranker, Option.none())
  if (isEndpoint(option)) return endpoint(option)
  if (Layer.isLayer(option)) return option
  return Layer.fail(
    new JulepConfigError({ message: 'rerank must be "none", { url, apiKey, model } or a layer of Embedded.Reranker.' })
  )
}

const settings = Config.all({ model: text("RERANK_MODEL_ID"), key: secret("RERANK_API_KEY") })

/** The reranker of the environment: that of `RERANK_SERVICE_URL`, else none. */
export const fromEnvironment: Layer.Layer<Reranker, JulepConfigError> = Layer.unwrapEffect(
  Effect.gen(function* () {
    const url = yield* read("the reranker", text("RERANK_SERVICE_URL"))
    if (Option.isNone(url)) return choose("none")
    const { key, model } = yield* read("the reranker", settings)
    return choose({
      url: url.value,
      apiKey: Option.getOrUndefined(key),
      model: Option.getOrUndefined(model)
    })
  })
)
