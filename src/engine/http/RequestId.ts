/** The id of a request, `x-request-id`: it finds the request of a caller in the log and the traces of the server. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const HEADER = "x-request-id"

/** An id that is safe in a header and in a line of a log; a request with any other gets a new one. */
const accepted = /^[\w.:=+/-]{1,128}$/

/** Annotates the log and the spans of an effect with the id. */
const annotated =
  (id: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(Effect.annotateLogs("request_id", id), Effect.annotateSpans("julep.request_id", id))

/** A body is streamed after its handler has returned, in the fiber that reads it. */
const annotatedBody =
  (id: string) =>
  (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
    const { body } = response
    if (body._tag !== "Stream") return response
    const bytes = Stream.fromPull(Effect.map(annotated(id)(Stream.toPull(body.stream)), annotated(id)))
    return HttpServerResponse.stream(bytes, {
      status: response.status,
      headers: response.headers,
      contentType: body.contentType
    })
  }

/** The app with an id for each request: the one it came with, else a new one. The response carries it. */
export const withRequestId =
  (next: Effect.Effect<string>) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
      const given = headers[HEADER]
      const id = given !== undefined && accepted.test(given) ? Effect.succeed(given) : next
      return Effect.flatMap(id, (id) =>
        Effect.annotateCurrentSpan("julep.request_id", id).pipe(
          Effect.zipRight(app),
          Effect.map(annotatedBody(id)),
          Effect.map(HttpServerResponse.setHeader(HEADER, id)),
          annotated(id)
        )
      )
    })
