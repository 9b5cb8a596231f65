/**
 * Scores from an endpoint that reranks: `/rerank` of Cohere, Jina and the servers that speak as they do, or `/rerank` of
 * Hugging Face's Text Embeddings Inference.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decoder } from "../../schema/Compiled.js"
import { ModelError } from "../ports/Model.js"
import type { Reranker } from "../ports/Reranker.js"
import * as Endpoint from "./openai/Endpoint.js"
import { toModelError } from "./openai/errors.js"

/** `url`: the base URL that `/rerank` is added to, or a URL that ends in it. */
export interface RerankingOptions extends Endpoint.EndpointOptions {
  /** The model to ask for. Text Embeddings Inference has one, and is not asked for any. */
  readonly model: string | undefined
  /** How long a search waits for the scores. */
  readonly queryTimeout: Duration.Duration
}

/** The schema of both answers, made where there is a reranker. */
const answers = () => {
  const tei = Schema.Struct({ index: Schema.Number, score: Schema.Number })
  const cohere = Schema.Struct({ index: Schema.Number, relevance_score: Schema.Number })
  return Schema.Union(Schema.Array(tei), Schema.Struct({ results: Schema.Array(cohere) }))
}

type Answer = ReturnType<typeof answers>["Type"]

/** The scores by the index of their text, if the answer has one for each of `count`. */
const scoresOf = (answer: Answer, count: number): ReadonlyArray<number> | undefined => {
  const scores = new Map(
    "results" in answer
      ? answer.results.map(({ index, relevance_score }) => [index, relevance_score] as const)
      : answer.map(({ index, score }) => [index, score] as const)
  )
  const ordered = Array.from({ length: count }, (_, index) => scores.get(index) ?? Number.NaN)
  return ordered.every(Number.isFinite) ? ordered : undefined
}

/** The reranker behind an endpoint. */
export const make = (raw: HttpClient.HttpClient, options: RerankingOptions): Reranker.Service => {
  const { model, queryTimeout } = options
  const endpoint = Endpoint.make(raw, options, ["truncate", "return_documents"])
  const { host, retries } = endpoint
  const decode = decoder(Schema.parseJson(answers()))
  const unreadable = (cause: unknown) =>
    new ModelError({ reason: "unavailable", message: `The response of ${host} does not hold scores: ${cause}` })

  return {
    timeout: queryTimeout,
    score: Effect.fn("Reranker.score")(function* (query: string, texts: ReadonlyArray<string>) {
      const body =
        model === undefined
          ? { query, texts, truncate: true }
          : { model, query, documents: texts, return_documents: false }
      const response = yield* Effect.mapError(endpoint.post("/rerank", body), (error) =>
        toModelError(error, { host, kind: "rerank", name: model ?? "to rerank with", retried: retries })
      )
      const answer = yield* Effect.mapError(decode(response.bodyText), unreadable)
      return (
        scoresOf(answer, texts.length) ?? (yield* unreadable(`it lacks a number for some of ${texts.length} texts`))
      )
    })
  }
}
