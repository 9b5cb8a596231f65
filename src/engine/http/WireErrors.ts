/** The outer middleware: it answers every failure with the API's error body. */

import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type AnswerError, BadRequest, NotFound, toBody, UnprocessableRequest, WireError } from "../../schema/Errors.js"
import { faultOf, MAX_BODY_SIZE } from "./Body.js"
import { ENGINE_FAILED, logFailure } from "./errors.js"

const isWireError = Schema.is(Schema.typeSchema(WireError))

const unreadableBody = (message: string) =>
  new UnprocessableRequest({ message, issues: [{ path: "", message }], status: 422 })

const meaningOf = (error: unknown, request: HttpServerRequest.HttpServerRequest): AnswerError | undefined => {
  if (isWireError(error)) return error
  if (HttpServerError.isServerError(error)) {
    if (error._tag === "RouteNotFound") {
      const path = request.url.split("?")[0] ?? ""
      return new NotFound({ message: `There is no ${request.method} ${path}`, code: "NO_ROUTE", status: 404 })
    }
    if (error._tag === "RequestError") return unreadableBody("The body is not valid JSON")
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
  const response = HttpServerResponse.unsafeJson(toBody(error), {
    status: error.status ?? 500,
    headers: {
      ...(retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(retryAfter)) }),
      ...(shouldRetry === false ? { "x-should-retry": "false" } : {})
    }
  })
  return Effect.as(logFailure("A request failed", error, cause), response)
}

const tooLarge = (limit: number) =>
  new BadRequest({
    message: `The body must have at most ${limit} bytes. Send less in one request.`,
    code: "BODY_TOO_LARGE",
    status: 413
  })

/** The text of a body. One that is too large is refused by the size it declares, before it is read, or while it is read. */
const textOf = (request: HttpServerRequest.HttpServerRequest, limit: number) => {
  if (Number(request.headers["content-length"]) > limit) return Effect.fail(tooLarge(limit))
  return HttpIncomingMessage.withMaxBodySize(request.text, Option.some(FileSystem.Size(limit))).pipe(
    Effect.catchIf(isOverLimit, () => Effect.fail(tooLarge(limit))),
    // A server that ignores the limit has read the body already.
    Effect.filterOrFail(
      (text) => text.length <= limit,
      () => tooLarge(limit)
    )
  )
}

/** Servers of the platform name the limit in the cause alone. */
const isOverLimit = ({ cause }: HttpServerError.RequestError) =>
  cause instanceof Error && cause.message === "maxBytes exceeded"

/** Refuses a body of another type than JSON, one that is too large or too deep, and U+0000, which text cannot hold. */
const acceptable = (request: HttpServerRequest.HttpServerRequest, limit: number) =>
  Effect.gen(function* () {
    if (request.method === "GET" || request.method === "HEAD" || request.method === "DELETE") return
    const type = request.headers["content-type"]
    if (type !== undefined && !type.toLowerCase().includes("application/json")) {
      return yield* Effect.fail(unreadableBody("The body must be application/json"))
    }
    const fault = faultOf(yield* textOf(request, limit))
    if (fault !== undefined) return yield* Effect.fail(unreadableBody(fault))
  })

/** The app, with every failure answered. An interruption stays one. */
export const answered = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<never, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    Effect.catchAllCause(app, (cause) => (Cause.isInterrupted(cause) ? Effect.interrupt : respond(cause, request)))
  )

/** The app, with every failure answered and every body checked before it is parsed. `maxBodySize` is in bytes. */
export const withWireErrors = <E, R>(
  app: HttpApp.Default<E, R>,
  maxBodySize: number = MAX_BODY_SIZE
): HttpApp.Default<never, R> =>
  answered(
    Effect.zipRight(
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => acceptable(request, maxBodySize)),
      app
    )
  )
