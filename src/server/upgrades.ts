/** Requests that ask for another protocol, such as WebSocket. The server has none, and answers in HTTP. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

const ignore = () => {}

/** Node lets go of the socket of such a request, and an error of a socket without a listener ends the process. */
const listen = ({ source }: HttpServerRequest.HttpServerRequest): void => {
  if (!Predicate.hasProperty(source, "socket") || !Predicate.hasProperty(source.socket, "on")) return
  const { on } = source.socket
  if (Predicate.isFunction(on)) on.call(source.socket, "error", ignore)
}

/** The app, which no client ends by resetting the connection of such a request. */
export const withUpgrades = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    if (request.headers["upgrade"] !== undefined) listen(request)
    return app
  })
