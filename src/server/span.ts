/** A span for each request, which holds no more of it than the log: no header, no query, no body. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { pathOf } from "./accessLog.js"

const UUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi

/** The app in a span that is named after its route, a child of that of the client, if it sends one. */
export const withSpan = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const path = pathOf(request)
    const route = path.replace(UUID, "{id}")
    return app.pipe(
      Effect.tap(({ status }) => Effect.annotateCurrentSpan("http.response.status_code", status)),
      Effect.withSpan(`${request.method} ${route}`, {
        kind: "server",
        captureStackTrace: false,
        attributes: { "http.request.method": request.method, "url.path": path, "http.route": route },
        ...Option.match(HttpTraceContext.fromHeaders(request.headers), {
          onNone: () => ({ root: true }),
          onSome: (parent) => ({ parent })
        })
      })
    )
  })
