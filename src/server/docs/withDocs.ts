/** `/docs`: the API to read, made for the first request. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { document } from "../../layers/ServerParts.js"
import { pathOf } from "../accessLog.js"

/** Lets the page have its own style, and nothing else: neither scripts nor forms nor frames. */
const policyOf = (style: string) =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(style))),
    (hash) =>
      `default-src 'none'; style-src 'sha256-${Encoding.encodeBase64(new Uint8Array(hash))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  )

const response = Effect.gen(function* () {
  const { openApi } = yield* document
  const { render, STYLE } = yield* Effect.promise(() => import("./page.js"))
  return HttpServerResponse.text(render(openApi), {
    contentType: "text/html; charset=utf-8",
    headers: {
      "content-security-policy": yield* policyOf(STYLE),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache"
    }
  })
})

/** The app with `/docs`, which needs no key: the page says nothing of any developer. */
export const withDocs = <E, R>(app: HttpApp.Default<E, R>): Effect.Effect<HttpApp.Default<E, R>> =>
  Effect.map(Effect.cached(response), (page) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default<E, R> => {
      const reads = request.method === "GET" || request.method === "HEAD"
      return reads && /^\/docs\/?$/.test(pathOf(request)) ? page : app
    })
  )
