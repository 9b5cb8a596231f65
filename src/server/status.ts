/** `/health` and `/ready`, which need no key: whether the process runs, and whether the engine answers. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { pathOf } from "./Exchange.js"

const answer = (status: "ok" | "ready" | "unavailable") =>
  HttpServerResponse.unsafeJson(
    { status },
    { status: status === "unavailable" ? 503 : 200, headers: { "cache-control": "no-store" } }
  )

const health = answer("ok")
const ready = answer("ready")
const unavailable = answer("unavailable")

/** A request that reads the store. */
const probe = () => HttpServerRequest.fromWeb(new Request("http://localhost/agents?limit=1"))

/** Whether the engine answers a request that reads its store. It opens after its migrations. */
const isReady = (engine: HttpApp.Default) =>
  engine.pipe(
    Effect.provideServiceEffect(HttpServerRequest.HttpServerRequest, Effect.sync(probe)),
    Effect.map(({ status }) => (status === 200 ? ready : unavailable))
  )

/** The app with `/health` and `/ready`. */
export const withStatus =
  (engine: HttpApp.Default) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default<E, R> => {
      if (request.method !== "GET" && request.method !== "HEAD") return app
      switch (pathOf(request)) {
        case "/health":
          return Effect.succeed(health)
        case "/ready":
          return isReady(engine)
        default:
          return app
      }
    })
