import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Embeddings from "../../../src/engine/model/Embeddings.js"
import { type Answer, type Responder, stub } from "../../support/stubClient.js"

const KEY = "sk-very-secret"

const over = (
  answers: Answer | ReadonlyArray<Answer> | Responder,
  options: Partial<Embeddings.EmbeddingsOptions> = {}
) => {
  const http = stub(answers)
  const given = { url: "https://e.test/v1/", apiKey: Redacted.make(KEY), name: "m", dimensions: undefined, ...options }
  return { http, embedder: Embeddings.make(http.client, given) }
}

const openAi = (...vectors: ReadonlyArray<ReadonlyArray<number>>): Answer => ({
  body: { data: vectors.map((embedding, index) => ({ index, embedding })).reverse(), model: "m" }
})

describe("an endpoint of embeddings", () => {
  it.effect("gets requests in the form of OpenAI, and its vectors come in order, of length 1", () =>
    Effect.gen(function* () {
      const { embedder, http } = over(openAi([3, 4], [0, 2]))
      expect(yield* embedder.embed(["a", "b"])).toEqual([Float32Array.of(0.6, 0.8), Float32Array.of(0, 1)])
      expect(http.last()).toMatchObject({
        method: "POST",
        path: "/v1/embeddings",
        body: { model: "m", input: ["a", "b"], encoding_format: "float" }
      })
      expect(http.last().headers["authorization"]).toBe(`Bearer ${KEY}`)
    })
  )

  it.effect("is sent the configured length", () =>
    Effect.gen(function* () {
      const { embedder, http } = over(openAi([0, 1]), { dimensions: 2 })
      yield* embedder.embed(["a"])
      expect(http.last().body).toMatchObject({ dimensions: 2 })
      const error = yield* Effect.flip(over(openAi([0, 1]), { dimensions: 3 }).embedder.embed(["a"]))
      expect(error).toMatchObject({ _tag: "ModelError", reason: "unavailable" })
      expect(error.message).toContain("a vector of 2 numbers, not 3")
    })
  )

  it.effect("fails where it answers with a vector of any other length, and never by a defect", () =>
    Effect.gen(function* () {
      const { embedder } = over(openAi(new Array<number>(1_000_000).fill(1)), { dimensions: 3 })
      const error = yield* Effect.flip(embedder.embed(["a"]))
      expect(error.message).toContain("a vector of 1000000 numbers, not 3")
    })
  )

  it.effect("of text-embeddings-inference gets requests in its own form", () =>
    Effect.gen(function* () {
      const { embedder, http } = over({ body: [[0, 5]] }, { url: "http://localhost:8083/embed", apiKey: undefined })
      expect(yield* embedder.embed(["a"])).toEqual([Float32Array.of(0, 1)])
      expect(http.last()).toMatchObject({ path: "/embed", body: { inputs: ["a"], normalize: true, truncate: true } })
    })
  )

  it.effect("is given many texts a batch at a time", () =>
    Effect.gen(function* () {
      const texts = Array.from({ length: 70 }, (_, index) => `${index}`)
      const batches = [32, 32, 6].map((size) => openAi(...Array.from({ length: size }, () => [1])))
      const { embedder, http } = over(batches)
      expect(yield* embedder.embed(texts)).toHaveLength(70)
      expect(http.requests).toHaveLength(3)
      expect(yield* embedder.embed([])).toEqual([])
    })
  )

  it.effect("is sent the beginning of a text that is longer than its model reads", () =>
    Effect.gen(function* () {
      const sent = (texts: ReadonlyArray<string>, maxTokens?: number) =>
        Effect.gen(function* () {
          const { embedder, http } = over(openAi(...texts.map(() => [1])), { maxTokens })
          yield* embedder.embed(texts)
          return http.last().body
        })
      const input = ["word ".repeat(1000), "short", "猫".repeat(1000)]
      expect(yield* sent(input, 512)).toMatchObject({
        input: ["word ".repeat(1000).slice(0, 1792), "short", "猫".repeat(512)]
      })
      expect(yield* sent(input)).toMatchObject({ input })
      expect(yield* sent(["猫".repeat(10_000)])).toMatchObject({ input: ["猫".repeat(8192)] })
    })
  )

  it.effect("that asks to wait for longer than a request may is not asked again, and its error says for how long", () =>
    Effect.gen(function* () {
      const { embedder, http } = over({ status: 429, headers: { "retry-after": "120" }, body: { error: "busy" } })
      expect(yield* Effect.flip(embedder.embed(["a"]))).toMatchObject({ reason: "rate_limited", retryAfter: 120 })
      expect(http.requests).toHaveLength(1)
    })
  )

  it.effect("that answers something else is named in the error, and the key is not", () =>
    Effect.gen(function* () {
      for (const answer of [
        { body: { nonsense: true } },
        {
          body: {
            data: [
              { index: 0, embedding: null },
              { index: 1, embedding: [1] }
            ]
          }
        },
        { body: { data: null } },
        openAi([1]),
        openAi([1], []),
        openAi([1], [0]),
        openAi([1], [1, 2]),
        { status: 401, body: { error: KEY } }
      ]) {
        const error = yield* Effect.flip(over(answer).embedder.embed(["a", "b"]))
        expect(error._tag).toBe("ModelError")
        expect(error.message).toContain("e.test")
        expect(error.message).not.toContain(KEY)
      }
    })
  )
})
