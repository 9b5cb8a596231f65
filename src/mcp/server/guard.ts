/** Who may use a server on HTTP, and the forms of MCP's HTTP that `@effect/rpc` does not have. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { withKey } from "../../engine/http/Auth.js"

export interface GuardOptions {
  readonly apiKey?: Redacted.Redacted | undefined
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
}

const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

const refused = (status: number, headers: Record<string, string> = {}) =>
  Effect.succeed(HttpServerResponse.empty({ status, headers }))

/** A response without messages: notifications have none. */
export const accepted = (response: HttpServerResponse.HttpServerResponse) =>
  response.body._tag === "Uint8Array" && response.body.body.length === 0
    ? HttpServerResponse.empty({ status: 202 })
    : response

/**
 * Refuses pages of foreign origins, which could reach a server on this computer by a name that leads to it (DNS
 * rebinding), and requests without the key.
 */
export const guarded = <E, R>(
  app: HttpApp.Default<E, R>,
  { allowedOrigins = [], apiKey }: GuardOptions
): HttpApp.Default<E, R> => {
  const open =
    apiKey === undefined
      ? app
      : Effect.catchTag(withKey({ key: apiKey, header: "authorization" })(app), "Unauthorized", () =>
          refused(401, { "www-authenticate": "Bearer" })
        )
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers: { origin } }) =>
    origin === undefined || LOCAL.test(origin) || allowedOrigins.includes(origin) ? open : refused(403)
  )
}

/** The server opens no streams and has no sessions: clients that ask for either learn so by the status. */
export const notAllowed: HttpApp.Default = refused(405, { allow: "POST" })
