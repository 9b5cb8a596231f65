/** Failed calls of an endpoint as errors of the model. */
import * as Predicate from "effect/Predicate"
import type { RequestError } from "../../../schema/Errors.js"
import { ModelError } from "../../ports/Model.js"

/** The target of a call, and whether the retry policy of the endpoint was applied to it. */
export interface FailedCall {
  readonly host: string
  /** The kind of the endpoint. */
  readonly kind: "model" | "embeddings" | "rerank"
  readonly name: string
  readonly retried: boolean
}

/** The status that refuses the media type of a request. 400, 413 and 422, which refuse it too, have errors of their own. */
const UNSUPPORTED_MEDIA_TYPE = 415

/** Statuses that refuse the account, beside 401 and 403: 402 asks for payment. */
const PAYMENT_REQUIRED = 402

/** An error without a response begins with the host itself. */
const withoutHost = (message: string, host: string) =>
  message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message

/** What an endpoint of each kind answers with, and what answers. */
const answers = { model: "chat completions", embeddings: "embeddings", rerank: "reranking" } as const
const engines = { model: "model", embeddings: "embedder", rerank: "reranker" } as const

/** Classifies a failed call of the endpoint, and says in its message which endpoint it was. */
export const toModelError = (error: RequestError, { host, kind, name, retried }: FailedCall): ModelError => {
  const of = (
    reason: ModelError["reason"],
    message = `The ${kind} endpoint ${host} failed: ${withoutHost(error.message, host)}`
  ) => {
    const transient = reason === "rate_limited" || reason === "unavailable"
    return new ModelError({
      reason,
      message,
      ...("retryAfter" in error && error.retryAfter !== undefined ? { retryAfter: error.retryAfter } : {}),
      ...(reason === "unauthorized" || (transient && retried) ? { shouldRetry: false } : {})
    })
  }
  switch (error._tag) {
    case "NotFound":
    case "BadRequest":
    case "UnprocessableRequest": {
      const unknown = error.code === "model_not_found" || (error._tag === "NotFound" && /model/i.test(error.message))
      if (unknown) return of("unknown_model", `The endpoint ${host} has no model ${name}: ${error.message}`)
      return error._tag === "NotFound"
        ? of(
            "unavailable",
            `${host} has no ${answers[kind]} at this path. Does the URL of the ${engines[kind]} lack /v1? (${error.message})`
          )
        : of("invalid_request")
    }
    case "Unauthorized":
      return of("unauthorized", `The endpoint ${host} rejected the API key: ${error.message}`)
    case "UnexpectedResponse":
      if (error.status === PAYMENT_REQUIRED) {
        return of("unauthorized", `The endpoint ${host} requires payment: ${error.message}`)
      }
      return of(error.status === UNSUPPORTED_MEDIA_TYPE ? "invalid_request" : "unavailable")
    case "RateLimited":
      return of("rate_limited")
    default:
      return of("unavailable")
  }
}

/** The names that providers give to errors, by the status that they stand for. */
const statuses: ReadonlyArray<readonly [status: number, names: RegExp]> = [
  [401, /unauthenticated|unauthorized|authentication|invalid_api_key/i],
  [402, /payment|insufficient_(balance|credit)/i],
  [403, /permission/i],
  [404, /not_found/i],
  [429, /rate_?limit|too_many|resource_exhausted|quota|throttl/i],
  [400, /invalid_(request|argument|prompt)|bad_request|context_length|content_policy|failed_precondition/i],
  [408, /timed?_?out|deadline_exceeded/i],
  [503, /overloaded|unavailable|capacity/i]
]

/** The status that the words of an error stand for, for one in the body of a 200 that has no number. */
export const statusOf = (error: unknown): number | undefined => {
  if (!Predicate.isRecord(error)) return undefined
  const names = [error["status"], error["code"], error["type"]].filter(Predicate.isString).join(" ")
  return statuses.find(([, known]) => known.test(names))?.[0]
}
