/** An app as a function of web standards, for frameworks that hand requests over one by one. */
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { mapStream } from "./mapStream.js"

/** A server as a function. */
export interface Handler {
  /** Answers a request. It does not reject. */
  readonly handler: (request: Request) => Promise<Response>
  /** Ends open streams with an error event, then closes the engine. Later requests get a 503. */
  readonly close: () => Promise<void>
}

/** Waits until the client of a request has left. */
const left = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.async((resume) => {
    const done = () => resume(Effect.void)
    if (signal.aborted) done()
    else signal.addEventListener("abort", done, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", done))
  })

/** Not every framework cancels the body of a response when its client leaves; some abort the request alone. */
const untilLeft = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ source }) =>
    source instanceof Request ? Effect.map(app, mapStream(Stream.interruptWhen(left(source.signal)))) : app
  )

/** The function of an app, which is made in a scope that stays open until the function is closed. */
export const make = async <E>(
  app: Effect.Effect<HttpApp.Default<never, Scope.Scope>, E, Scope.Scope>
): Promise<Handler> => {
  const scope = Effect.runSync(Scope.make())
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const made = await Effect.gen(function* () {
    const served = yield* app
    return HttpApp.toWebHandlerRuntime(yield* Effect.runtime<never>())(untilLeft(served))
  }).pipe(
    // The span that the platform makes would hold the key and the query.
    HttpMiddleware.withTracerDisabledWhenEffect(() => true),
    Scope.extend(scope),
    Effect.runPromiseExit
  )
  if (Exit.isSuccess(made)) return { handler: (request) => made.value(request), close }
  await close()
  throw Cause.squash(made.cause)
}
