/** The outer middleware: it answers every failure with the API's error body. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { toBody } from "../../schema/ErrorBody.js"
import { type AnswerError, BadRequest, NotFound } from "../../schema/Errors.js"
import { faultOf, MAX_BODY_SIZE } from "./Body.js"
import { ENGINE_FAILED, isWireFailure, logFailure, toOpenAiBody, unreadableBody } from "./errors.js"
import { ContentTooLarge, RequestTimeout, readBody, readBodyInTime, withLingeringClose } from "./RequestBody.js"

/** A path of OpenAI's API without its `/v1`, from a client whose base URL lacks it. */
const OPENAI_PATH = /^\/(?:chat\/completions|completions|embeddings|models|responses)(?:\/|$)/

const meaningOf = (error: unknown, request: HttpServerRequest.HttpServerRequest): AnswerError | undefined => {
  if (isWireFailure(error)) return error
  if (HttpServerError.isServerError(error)) {
    if (error._tag === "RouteNotFound") {
      const path = request.url.split("?")[0] ?? ""
      const advice = OPENAI_PATH.test(path)
        ? "OpenAI's API is at /v1: let the base URL of the client end in /v1."
        : "GET /openapi.json lists the paths."
      return new NotFound({
        message: `There is no ${request.method} ${path}. ${advice}`,
        code: "NO_ROUTE",
        status: 404
      })
    }
    if (error._tag === "RequestError") return unreadableBody("The body is not valid JSON. Send a JSON object.")
  }
  return undefined
}

/** Answers a failure with the error that it means, anything else with a 500 whose details are in the log alone. */
const respond = (
  cause: Cause.Cause<unknown>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const meaning = meaningOf(Cause.squash(cause), request)
  const error = meaning ?? ENGINE_FAILED
  const { retryAfter, shouldRetry } = error._tag === "RateLimited" || error._tag === "ServerError" ? error : {}
  const body = /^(?:\/jwt)?\/v1\//.test(request.url) ? toOpenAiBody(error) : toBody(error)
  const response = HttpServerResponse.unsafeJson(body, {
    status: error.status ?? 500,
    headers: {
      ...(retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(retryAfter)) }),
      ...(shouldRetry === false ? { "x-should-retry": "false" } : {})
    }
  })
  return Effect.as(logFailure("A request failed", error, cause), response)
}

/** The connection cannot be used again, because the rest of the body is still to come. */
const closing = HttpServerResponse.setHeader("connection", "close")

const tooLarge = (limit: number) =>
  new BadRequest({
    message: `The body must have at most ${limit} bytes. Send less in one request.`,
    code: "BODY_TOO_LARGE",
    status: 413
  })

const tooSlow = (timeout: Duration.Duration) =>
  new BadRequest({
    message: `The body must arrive within ${Duration.format(timeout)}. Send less in one request.`,
    code: "BODY_TIMEOUT",
    status: 408
  })

/** The limits of a body. */
export interface BodyLimits {
  /** In bytes. Default: 10 MB. */
  readonly maxBodySize?: number | undefined
  /** How deep arrays and objects may be nested. Default: 64. */
  readonly maxBodyDepth?: number | undefined
  /** How long the body may take to arrive. Default: any time. */
  readonly bodyTimeout?: Duration.Duration | undefined
}

/** Refuses a body of another type than JSON, one that is too large or too deep, and U+0000, which stored text cannot hold. */
const acceptable = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  { bodyTimeout, maxBodyDepth }: BodyLimits
) {
  if (request.method === "GET" || request.method === "HEAD" || request.method === "DELETE") return request
  const type = request.headers["content-type"]
  if (type !== undefined && !type.toLowerCase().includes("application/json")) {
    return yield* Effect.fail(unreadableBody(`The content-type of the body must be application/json, not ${type}.`))
  }
  const read = yield* bodyTimeout === undefined ? readBody(request, limit) : readBodyInTime(request, limit, bodyTimeout)
  // What only passes through to a model is not stored.
  const fault = faultOf(read.text, request.url.startsWith("/v1/"), maxBodyDepth)
  if (fault !== undefined) return yield* Effect.fail(unreadableBody(fault))
  return read.request
})

/** The app, with every failure answered. An interruption stays one. */
export const answered = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<never, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    Effect.catchAllCause(app, (cause) => (Cause.isInterrupted(cause) ? Effect.interrupt : respond(cause, request)))
  )

/** The app, with every failure answered and every body checked before it is parsed. */
export const withWireErrors = <E, R>(
  app: HttpApp.Default<E, R>,
  limits: BodyLimits = {}
): HttpApp.Default<never, R> => {
  const { maxBodySize = MAX_BODY_SIZE } = limits
  return answered(
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      acceptable(request, maxBodySize, limits).pipe(
        Effect.flatMap((accepted) =>
          accepted === request ? app : Effect.provideService(app, HttpServerRequest.HttpServerRequest, accepted)
        ),
        Effect.catchIf(
          (error) => error instanceof ContentTooLarge,
          ({ rest }) => Effect.map(respond(Cause.fail(tooLarge(maxBodySize)), request), withLingeringClose(rest))
        ),
        Effect.catchIf(
          (error) => error instanceof RequestTimeout,
          ({ timeout }) => Effect.map(respond(Cause.fail(tooSlow(timeout)), request), closing)
        )
      )
    )
  )
}
