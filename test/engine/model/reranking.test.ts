import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Reranking from "../../../src/engine/model/Reranking.js"
import { type Answer, stub } from "../../support/stubClient.js"

const KEY = "rk-very-secret"

const over = (answer: Answer, options: Partial<Reranking.RerankingOptions> = {}) => {
  const http = stub(answer)
  const reranker = Reranking.make(http.client, {
    url: "https://r.test/v2",
    apiKey: Redacted.make(KEY),
    model: undefined,
    queryTimeout: Duration.seconds(3),
    ...options
  })
  return { http, reranker }
}

describe("an endpoint that reranks", () => {
  it.effect("of text-embeddings-inference gets texts, and its scores come in their order", () =>
    Effect.gen(function* () {
      const answer = [
        { index: 1, score: 0.9 },
        { index: 0, score: -3.5 }
      ]
      for (const url of ["http://localhost:8081", "http://localhost:8081/rerank"]) {
        const { http, reranker } = over({ body: answer }, { url, apiKey: undefined })
        expect(yield* reranker.score("q", ["a", "b"])).toEqual([-3.5, 0.9])
        expect(http.last()).toMatchObject({
          method: "POST",
          path: "/rerank",
          body: { query: "q", texts: ["a", "b"], truncate: true }
        })
      }
    })
  )

  it.effect("with a model gets documents, as Cohere and Jina do", () =>
    Effect.gen(function* () {
      const body = {
        id: "1",
        results: [
          { index: 1, relevance_score: 0.9 },
          { index: 0, relevance_score: 0.1 }
        ]
      }
      const { http, reranker } = over({ body }, { model: "m" })
      expect(yield* reranker.score("q", ["a", "b"])).toEqual([0.1, 0.9])
      expect(http.last()).toMatchObject({ path: "/v2/rerank", body: { model: "m", query: "q", documents: ["a", "b"] } })
      expect(http.last().headers["authorization"]).toBe(`Bearer ${KEY}`)
    })
  )

  it.effect("that answers something else is named in the error, and the key is not", () =>
    Effect.gen(function* () {
      for (const answer of [
        { body: { nonsense: true } },
        { body: [{ index: 0, score: 1 }] },
        { body: [0, 2].map((index) => ({ index, score: 1 })) },
        { body: [0, 1].map((index) => ({ index, score: null })) },
        { body: { results: [{ index: 0, relevance_score: 1 }] } },
        { status: 401, body: { error: KEY } },
        { status: 404, body: { error: "no route" } }
      ]) {
        const error = yield* Effect.flip(over(answer).reranker.score("q", ["a", "b"]))
        expect(error._tag).toBe("ModelError")
        expect(error.message).toContain("r.test")
        expect(error.message).not.toContain(KEY)
      }
    })
  )
})
