/** Embeddings in OpenAI's form, of an embedder that is not an endpoint with OpenAI's API. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import type { Embedder } from "../../ports/Embedder.js"
import type { ModelError, OpenAiError } from "../../ports/Model.js"
import { unsupportedParameter } from "../../ports/OpenAi.js"
import { unprocessable } from "../Failure.js"

const textsOf = (input: unknown): Either.Either<ReadonlyArray<string>, UnprocessableRequest | OpenAiError> => {
  const texts: unknown = typeof input === "string" ? [input] : input
  if (!Array.isArray(texts) || texts.length === 0) {
    return Either.left(unprocessable("input", "must be a string, or a list of at least one string"))
  }
  return texts.every(Predicate.isString)
    ? Either.right(texts)
    : Either.left(unsupportedParameter("input", "the embedder of this engine reads text, not tokens. Give strings."))
}

/** The 32-bit numbers of a vector as OpenAI writes them in base 64: the least significant byte first. */
const base64 = (vector: Float32Array): string => {
  const bytes = new DataView(new ArrayBuffer(vector.length * Float32Array.BYTES_PER_ELEMENT))
  for (const [index, value] of vector.entries()) bytes.setFloat32(index * Float32Array.BYTES_PER_ELEMENT, value, true)
  return Encoding.encodeBase64(new Uint8Array(bytes.buffer))
}

const formats: ReadonlyMap<unknown, (vector: Float32Array) => unknown> = new Map([
  ["float", (vector: Float32Array): unknown => Array.from(vector)],
  ["base64", base64]
])

/** Embeds the input of a request. `count` is of the embedder's model. */
export const embeddingsOf = Effect.fnUntraced(function* (
  { dimensions, encoding_format, input }: JsonObject,
  embedder: Embedder.Service,
  count: (text: string) => number
): Effect.fn.Return<JsonObject, UnprocessableRequest | OpenAiError | ModelError> {
  const format = formats.get(encoding_format ?? "float")
  if (format === undefined) return yield* unsupportedParameter("encoding_format", "must be float or base64.")
  const texts = yield* textsOf(input)
  const ofLength = (length: number | undefined) =>
    Predicate.isNotNullable(dimensions) && length !== undefined && dimensions !== length
      ? Effect.fail(unsupportedParameter("dimensions", `the vectors of this embedder have ${length} numbers.`))
      : Effect.void
  yield* ofLength(embedder.dimensions)
  const vectors = yield* embedder.embed(texts)
  yield* ofLength(vectors[0]?.length)
  const tokens = texts.reduce((sum, text) => sum + count(text), 0)
  return {
    object: "list",
    data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: format(vector) })),
    model: embedder.name,
    usage: { prompt_tokens: tokens, total_tokens: tokens }
  }
})
