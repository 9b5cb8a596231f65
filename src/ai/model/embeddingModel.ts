/** Any `EmbeddingModel` as the engine's embedder. */
import * as EmbeddingModel from "@effect/ai/EmbeddingModel"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Embedder, ModelError } from "../../layers/EnginePorts.js"
import type { JulepConfigError } from "../../schema/Errors.js"
import { toModelError } from "./errors.js"
import { durationOf, orConfigError, refused, TIMEOUT, timeoutError } from "./layers.js"

/** The options of an `EmbeddingModel` as the engine's embedder. */
export interface EmbeddingModelOptions {
  /** The name of the model. It is stored with the vectors: to change it, run `Embedded.reindex`. */
  readonly name: string
  /** The length of the vectors. Vectors of another length are refused. Default: the length of the first vector. */
  readonly dimensions?: number | undefined
  /**
   * How long the embedding of a question may take; after that, recall goes on with words alone. A number is milliseconds.
   * Default: 3 seconds.
   */
  readonly queryTimeout?: Duration.DurationInput | undefined
  /**
   * How long a request to the provider may take, which has 32 texts at most; after that, it counts as failed. A number is
   * milliseconds. Default: 300 seconds.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/** Texts of a request: providers reject large batches. */
const BATCH = 32

/** Scales a vector to length 1, as the port demands. */
const unit = (vector: ReadonlyArray<number>): Float32Array => {
  const length = Math.hypot(...vector) || 1
  return Float32Array.from(vector, (value) => value / length)
}

const embedderOf = (
  service: EmbeddingModel.Service,
  { dimensions, name }: EmbeddingModelOptions,
  queryTimeout: Duration.Duration,
  timeout: Duration.Duration
): Embedder.Service => {
  const unreadable = (what: string) =>
    new ModelError({ reason: "unavailable", message: `The embedding model ${name} returned ${what}.` })
  const batch = Effect.fnUntraced(function* (texts: ReadonlyArray<string>) {
    const vectors = yield* service.embedMany(texts).pipe(
      Effect.catchAll((error) => Effect.flatMap(toModelError(error), Effect.fail)),
      // A batch that is on its way cannot be interrupted.
      Effect.disconnect,
      Effect.timeoutFail({ duration: timeout, onTimeout: timeoutError(timeout) })
    )
    if (vectors.length !== texts.length) {
      return yield* unreadable(`${vectors.length} vectors for ${texts.length} texts`)
    }
    const expected = dimensions ?? vectors[0]?.length
    const wrong = vectors.find((vector) => vector.length !== expected)
    if (wrong !== undefined) return yield* unreadable(`a vector of ${wrong.length} numbers, not ${expected}`)
    return vectors.map(unit)
  })
  return {
    name,
    dimensions,
    queryTimeout,
    embed: Effect.fn("Embedder.embed")(function* (texts: ReadonlyArray<string>) {
      return (yield* Effect.forEach(Arr.chunksOf(texts, BATCH), batch)).flat()
    })
  }
}

/**
 * Any `EmbeddingModel` of `@effect/ai` as the engine's embedder, for the option `embedder`. The store keeps its name and the
 * length of its vectors, and chats fail where these are not those of the vectors in the store.
 *
 * @example
 * ```ts
 * import { OpenAiClient, OpenAiEmbeddingModel } from "@effect/ai-openai"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Config, Layer } from "effect"
 * import { EngineModel } from "effect-julep/ai"
 * import { Embedded } from "effect-julep/embedded"
 *
 * const name = "text-embedding-3-small"
 * const openAi = OpenAiEmbeddingModel.layerBatched({ model: name }).pipe(
 *   Layer.provide(OpenAiClient.layerConfig({ apiKey: Config.redacted("OPENAI_API_KEY") })),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * const engine = Embedded.layer({ embedder: EngineModel.embeddingModel(openAi, { name, dimensions: 1536 }) })
 * ```
 */
export const embeddingModel = <E>(
  layer: Layer.Layer<EmbeddingModel.EmbeddingModel, E>,
  options: EmbeddingModelOptions
): Layer.Layer<Embedder, JulepConfigError> =>
  Layer.effect(
    Embedder,
    Effect.gen(function* () {
      const { dimensions, name, queryTimeout, timeout } = options
      if (typeof name !== "string" || name.trim() === "") {
        return yield* refused("The name of an embedding model must be a text, and is missing or blank.")
      }
      if (dimensions !== undefined && !(Number.isSafeInteger(dimensions) && dimensions > 0)) {
        return yield* refused(`The dimensions of an embedding model must be a positive integer, not ${dimensions}.`)
      }
      const budget = yield* durationOf("The queryTimeout of an embedding model", queryTimeout ?? "3 seconds")
      const limit = yield* durationOf("The timeout of an embedding model", timeout ?? TIMEOUT)
      return Option.some(embedderOf(yield* EmbeddingModel.EmbeddingModel, options, budget, limit))
    })
  ).pipe(Layer.provide(orConfigError("embedding model", layer)))
