/**
 * Vectors from an endpoint: OpenAI's `/embeddings`, which most servers speak, or `/embed` of Hugging Face's Text
 * Embeddings Inference, which v0.3 used.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decoder } from "../../schema/Compiled.js"
import { answerFault, type Embedder } from "../ports/Embedder.js"
import { ModelError } from "../ports/Model.js"
import { estimateTokens } from "../ports/Tokenizer.js"
import { startOf } from "../text/Sentences.js"
import * as Endpoint from "./openai/Endpoint.js"
import { toModelError } from "./openai/errors.js"
import * as Relay from "./openai/Relay.js"

/** `url`: the base URL that `/embeddings` is added to, or a URL that ends in `/embed`. */
export interface EmbeddingsOptions extends Endpoint.EndpointOptions {
  readonly name: string
  readonly dimensions: number | undefined
  /** The most tokens of a text, by an estimate; a longer one is cut. Default: 8192. */
  readonly maxTokens?: number | undefined
  /** How long the embedding of a question may take. */
  readonly queryTimeout?: Duration.Duration | undefined
}

/** What models of OpenAI read, and most others. */
const MAX_TOKENS = 8192

/** The beginning of a text that has about so many tokens. */
const cutTo = (text: string, tokens: number): string => {
  let cut = text
  // A character is at most one token.
  for (let count = cut.length; count > tokens; ) {
    count = estimateTokens(cut)
    if (count > tokens) cut = startOf(cut, Math.floor((cut.length * tokens) / count))
  }
  return cut
}

/** Texts of a request: endpoints reject large batches, and a small one is cheap to retry. */
const BATCH = 32

const Vector = Schema.Array(Schema.Number)
const OpenAiAnswer = Schema.Struct({ data: Schema.Array(Schema.Struct({ index: Schema.Number, embedding: Vector })) })

const decodeOpenAi = decoder(Schema.parseJson(OpenAiAnswer))
const decodeTei = decoder(Schema.parseJson(Schema.Array(Vector)))

/** Scales a vector to length 1: its nearest neighbours are then the same by every measure. */
const unit = (vector: ReadonlyArray<number>): Float32Array => {
  // Not by `Math.hypot`, whose arguments are too many for the stack where an answer is wrong.
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1
  return Float32Array.from(vector, (value) => value / length)
}

/** The embedder behind an endpoint. */
export const make = (raw: HttpClient.HttpClient, options: EmbeddingsOptions): Embedder.Service => {
  const { dimensions, maxTokens = MAX_TOKENS, name } = options
  const tei = /\/embed\/*$/.test(new URL(options.url).pathname)
  const path = tei ? "/embed" : "/embeddings"
  const endpoint = Endpoint.make(raw, options, ["encoding_format", "normalize", "truncate"])
  const { host, retries } = endpoint
  const unreadable = (cause: unknown) =>
    new ModelError({ reason: "unavailable", message: `The response of ${host} does not hold embeddings: ${cause}` })

  const bodyOf = (texts: ReadonlyArray<string>) =>
    tei
      ? { inputs: texts, normalize: true, truncate: true }
      : { model: name, input: texts, encoding_format: "float", ...(dimensions === undefined ? {} : { dimensions }) }

  const read = (body: string) =>
    tei
      ? decodeTei(body)
      : Effect.map(decodeOpenAi(body), ({ data }) =>
          data.toSorted((one, other) => one.index - other.index).map(({ embedding }) => embedding)
        )

  const batch = Effect.fnUntraced(function* (texts: ReadonlyArray<string>) {
    const response = yield* Effect.mapError(endpoint.post(path, bodyOf(texts)), (error) =>
      toModelError(error, { host, kind: "embeddings", name, retried: retries })
    )
    const vectors = yield* Effect.mapError(read(response.bodyText), unreadable)
    const units = vectors.map(unit)
    const fault = answerFault(units, texts.length, dimensions)
    return fault === undefined ? units : yield* unreadable(fault)
  })

  return {
    name,
    dimensions,
    ...(options.queryTimeout === undefined ? {} : { queryTimeout: options.queryTimeout }),
    ...(tei ? {} : { relay: Relay.toEmbedder(endpoint) }),
    embed: Effect.fn("Embedder.embed")(function* (texts: ReadonlyArray<string>) {
      const batches = yield* Effect.forEach(Arr.chunksOf(texts, BATCH), (texts) =>
        batch(texts.map((text) => cutTo(text, maxTokens)))
      )
      return batches.flat()
    })
  }
}
