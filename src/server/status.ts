/** `/health` and `/ready`, which need no key: whether the process runs, and whether its store answers. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { pathOf } from "./accessLog.js"

const answer = (status: "ok" | "ready" | "unavailable") =>
  HttpServerResponse.unsafeJson(
    { status },
    { status: status === "unavailable" ? 503 : 200, headers: { "cache-control": "no-store" } }
  )

const health = answer("ok")
const ready = answer("ready")
const unavailable = answer("unavailable")

/** The app with `/health` and `/ready`. The engine opens after its migrations, so it is ready if its store answers. */
export const withStatus =
  (check: Effect.Effect<void, unknown>) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default<E, R> => {
      if (request.method !== "GET" && request.method !== "HEAD") return app
      switch (pathOf(request)) {
        case "/health":
          return Effect.succeed(health)
        case "/ready":
          return Effect.matchCause(check, { onFailure: () => unavailable, onSuccess: () => ready })
        default:
          return app
      }
    })
