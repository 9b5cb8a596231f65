/** The OpenAPI document at `/openapi.json`. Few programs ask for it, so it is loaded and made for the first request. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"

/** The module of the document. */
export const document = Effect.promise(() => import("./Document.js"))

const response = Effect.map(document, ({ text }) =>
  HttpServerResponse.text(text, { contentType: "application/json", headers: { "cache-control": "no-cache" } })
)

const asksFor = ({ method, url }: HttpServerRequest.HttpServerRequest): boolean =>
  url.startsWith("/openapi.json") && /^(GET|HEAD)$/.test(method) && /^\/openapi\.json\/?(\?|$)/.test(url)

/** The app with the document, which needs no key: it says nothing of any developer. */
export const withDocument = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => (asksFor(request) ? response : app))
