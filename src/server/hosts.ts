/**
 * The names under which a server may be asked. A page of any site can give its own name the address 127.0.0.1, and its
 * scripts then reach servers of this machine as if they were of that site (DNS rebinding); the header `Host` shows it.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import { BadRequest } from "../schema/Errors.js"

/** Whether a name or an address is that of this machine alone. */
export const isLoopback = (host: string): boolean =>
  /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)

/** The name in a `Host` header, without its port and the dot of a full name. */
const nameOf = (host: string): string => host.trim().toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "")

/** The hosts that a request names: in its header, and in its URL if that has one, as of a request made in process. */
const hostsOf = ({ headers, originalUrl }: HttpServerRequest.HttpServerRequest): ReadonlyArray<string> => [
  ...(headers["host"] === undefined ? [] : [headers["host"]]),
  ...(URL.canParse(originalUrl) ? [new URL(originalUrl).host] : [])
]

/** Refuses requests for other names than those of this machine and the allowed ones, if `isChecked`. */
export const withHosts = (allowed: ReadonlyArray<string>, isChecked: () => boolean) => {
  const names = new Set(allowed.map(nameOf))
  return <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E | BadRequest, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default<E | BadRequest, R> => {
      const name = hostsOf(request)
        .map(nameOf)
        .find((name) => !isLoopback(name) && !names.has(name))
      if (name === undefined || !isChecked()) return app
      const message = `This server does not answer for the host ${JSON.stringify(name)}. Allow it with the option \`allowedHosts\`, or with --allowed-host of the command.`
      return Effect.fail(new BadRequest({ message, code: "HOST_NOT_ALLOWED", status: 421 }))
    })
}
