/**
 * Vectors from an endpoint: OpenAI's `/embeddings`, which most servers speak, or `/embed` of Hugging Face's Text
 * Embeddings Inference, which v0.3 used.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { RequestError } from "../../schema/Errors.js"
import * as RetryPolicy from "../../transport/RetryPolicy.js"
import * as Transport from "../../transport/Transport.js"
import type { Embedder } from "../ports/Embedder.js"
import { ModelError } from "../ports/Model.js"

export interface EmbeddingsOptions {
  /** The base URL that `/embeddings` is added to, or a URL that ends in `/embed`. */
  readonly url: string
  readonly apiKey: Redacted.Redacted | undefined
  readonly name: string
  readonly dimensions: number | undefined
}

/** Texts of a request: endpoints reject large batches, and a small one is cheap to retry. */
const BATCH = 32

const Vector = Schema.Array(Schema.Number)
const OpenAiAnswer = Schema.Struct({ data: Schema.Array(Schema.Struct({ index: Schema.Number, embedding: Vector })) })

const decodeOpenAi = Schema.decodeUnknown(OpenAiAnswer)
const decodeTei = Schema.decodeUnknown(Schema.Array(Vector))

/** Scales a vector to length 1: its nearest neighbours are then the same by every measure. */
const unit = (vector: ReadonlyArray<number>): Float32Array => {
  const length = Math.hypot(...vector) || 1
  return Float32Array.from(vector, (value) => value / length)
}

/** Classifies a failed call of the endpoint, and says in its message which endpoint it was. */
const toModelError = (error: RequestError, host: string): ModelError => {
  const reasons = { Unauthorized: "unauthorized", RateLimited: "rate_limited" } as const
  const reason =
    error._tag === "Unauthorized" || error._tag === "RateLimited" ? reasons[error._tag] : ("unavailable" as const)
  return new ModelError({ reason, message: `The embeddings endpoint ${host} failed: ${error.message}` })
}

/** The embedder behind an endpoint. */
export const make = (raw: HttpClient.HttpClient, options: EmbeddingsOptions): Embedder.Service => {
  const { dimensions, name } = options
  const url = options.url.replace(/\/+$/, "")
  const host = new URL(url).host
  const tei = url.endsWith("/embed")
  const transport = Transport.make(raw, {
    baseUrl: tei ? url.slice(0, -"/embed".length) : url,
    apiKey: options.apiKey,
    headers: {},
    timeout: {},
    // The same texts have the same vectors, so that a request may be sent again.
    retry: RetryPolicy.standard
  })
  const unreadable = (cause: unknown) =>
    new ModelError({ reason: "unavailable", message: `The response of ${host} does not hold embeddings: ${cause}` })

  const bodyOf = (texts: ReadonlyArray<string>) =>
    tei
      ? { inputs: texts, normalize: true, truncate: true }
      : { model: name, input: texts, encoding_format: "float", ...(dimensions === undefined ? {} : { dimensions }) }

  const read = (body: unknown) =>
    tei
      ? decodeTei(body)
      : Effect.map(decodeOpenAi(body), ({ data }) =>
          data.toSorted((one, other) => one.index - other.index).map(({ embedding }) => embedding)
        )

  const batch = Effect.fnUntraced(function* (texts: ReadonlyArray<string>) {
    const request = HttpClientRequest.post(tei ? "/embed" : "/embeddings").pipe(
      HttpClientRequest.setBody(HttpBody.unsafeJson(bodyOf(texts)))
    )
    const response = yield* Effect.mapError(transport.send(request), (error) => toModelError(error, host))
    const vectors = yield* Effect.mapError(Effect.flatMap(response.json, read), unreadable)
    const wrong = vectors.find((vector) => vector.length !== (dimensions ?? vectors[0]?.length))
    if (vectors.length !== texts.length) {
      return yield* Effect.fail(unreadable(`${vectors.length} vectors for ${texts.length} texts`))
    }
    if (wrong !== undefined) {
      return yield* Effect.fail(unreadable(`a vector of ${wrong.length} numbers, not ${dimensions ?? "as the others"}`))
    }
    return vectors.map(unit)
  })

  return {
    name,
    dimensions,
    embed: Effect.fn("Embedder.embed")(function* (texts: ReadonlyArray<string>) {
      const batches = yield* Effect.forEach(Arr.chunksOf(texts, BATCH), batch)
      return batches.flat()
    })
  }
}
