/** A request and its response, as the log sees them. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { mapStream } from "./mapStream.js"

/** What the log says of a request beyond its own method and path. The server adds to it as it learns it. */
export class AccessLogEntry extends Context.Tag("effect-julep/server/AccessLogEntry")<
  AccessLogEntry,
  { key?: string; status?: number; isWhole?: boolean }
>() {}

/** The path without its query, which may hold what users write, and which begins where it does for the router. */
export const pathOf = ({ url }: HttpServerRequest.HttpServerRequest): string => url.split(/[?;#]/, 1)[0] ?? url

/** Whether a path is one of the operator's side of a server. */
export const isAdmin = (path: string): boolean => /^\/admin(?:\/|$)/.test(path)

/** The app for requests whose URL has a host, too, as clients send them to proxies. The host may have a password before it. */
export const withPaths = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.updateService(app, HttpServerRequest.HttpServerRequest, (request) => {
    const [origin] = /^[a-z][\w+.-]*:\/\/[^/?#;]*/i.exec(request.url) ?? []
    if (origin === undefined) return request
    const url = request.url.slice(origin.length)
    return request.modify({ url: url.startsWith("/") ? url : `/${url}` })
  })

/** The status of nginx for a request whose client left before its response. */
const CLIENT_LEFT = 499

/** The app with a line in the log for each request, once its response has ended. */
export const logged =
  (isLogged: boolean) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, Exclude<R, AccessLogEntry> | Scope.Scope> =>
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const entry: AccessLogEntry["Type"] = {}
      if (isLogged) {
        const began = yield* Clock.currentTimeNanos
        const annotations = yield* Effect.logAnnotations
        const path = pathOf(request)
        yield* Effect.addFinalizer(() =>
          Effect.flatMap(Clock.currentTimeNanos, (ended) =>
            Effect.logInfo("request").pipe(
              Effect.annotateLogs({
                method: request.method,
                path,
                status: entry.status ?? CLIENT_LEFT,
                ms: Number((ended - began) / 10_000n) / 100,
                ...(entry.key === undefined ? {} : { key: entry.key }),
                ...(entry.isWhole === true ? {} : { aborted: true })
              }),
              Effect.locally(FiberRef.currentLogAnnotations, annotations)
            )
          )
        )
      }
      const response = yield* Effect.provideService(app, AccessLogEntry, entry)
      entry.status = response.status
      entry.isWhole = response.body._tag !== "Stream"
      const ended = Effect.sync(() => {
        entry.isWhole = true
      })
      return isLogged ? mapStream(Stream.onEnd(ended))(response) : response
    })
