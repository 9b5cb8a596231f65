/** Which pages of other origins may use the server: those of a list, without credentials of the browser. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { JulepConfigError } from "../schema/Errors.js"
import { isAdmin, pathOf } from "./accessLog.js"
import { isMcp } from "./mcp.js"

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
const HEADERS = ["Authorization", "X-Auth-Key", "Content-Type", "Idempotency-Key", "X-Developer-Id", "X-Request-Id"]
/** Clients of `/mcp` also send the revision of its protocol. */
const MCP_HEADER = "Mcp-Protocol-Version"
const EXPOSED = "X-Request-Id, Retry-After"
/** How many seconds a browser need not ask again. */
const MAX_AGE = "600"

/** Fails for what is not exactly an origin. `*` and `null` would let any page use the key that a user has entered. */
export const checkOrigins = (origins: ReadonlyArray<string>): Effect.Effect<void, JulepConfigError> => {
  const wrong = origins.find(
    (origin) => !URL.canParse(origin) || new URL(origin).origin !== origin || origin === "null"
  )
  return wrong === undefined
    ? Effect.void
    : Effect.fail(
        new JulepConfigError({
          message: `cors must list origins such as "https://app.example.com", without a path and in lower case, not ${JSON.stringify(wrong)}.`
        })
      )
}

/** The response differs between origins, which caches must know. */
const varying = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
  const { vary } = response.headers
  return HttpServerResponse.setHeader(response, "vary", vary === undefined ? "Origin" : `${vary}, Origin`)
}

const isPreflight = ({ headers, method }: HttpServerRequest.HttpServerRequest): boolean =>
  method === "OPTIONS" && headers["origin"] !== undefined && headers["access-control-request-method"] !== undefined

/** The app for pages of the listed origins, too. `/admin` is for no page of another origin. */
export const withCors = (origins: ReadonlyArray<string>, keyHeader: string | undefined) => {
  const listed = new Set(origins)
  const allowed = [...new Set([...HEADERS, ...(keyHeader === undefined ? [] : [keyHeader])])].join(", ")
  const allowing = (origin: string): Record<string, string> => ({
    "access-control-allow-origin": origin,
    "access-control-expose-headers": EXPOSED
  })
  const preflight = (origin: string, path: string) =>
    HttpServerResponse.empty({
      status: 204,
      headers: {
        ...allowing(origin),
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": isMcp(path) ? `${allowed}, ${MCP_HEADER}` : allowed,
        "access-control-max-age": MAX_AGE
      }
    })

  return <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    origins.length === 0
      ? app
      : Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default<E, R> => {
          const origin = request.headers["origin"]
          const isListed = origin !== undefined && listed.has(origin)
          const path = pathOf(request)
          if (isAdmin(path)) return app
          if (isPreflight(request)) {
            const answer = isListed ? preflight(origin, path) : HttpServerResponse.empty({ status: 204 })
            return Effect.succeed(varying(answer))
          }
          return Effect.map(app, (response) =>
            varying(isListed ? HttpServerResponse.setHeaders(response, allowing(origin)) : response)
          )
        })
}
