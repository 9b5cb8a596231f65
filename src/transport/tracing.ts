/** What requests add to spans, and when they add nothing. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { RequestError } from "../schema/Errors.js"

const defaultTracer = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/**
 * Turns the HTTP client's own spans off unless there is a tracer: they take up to a quarter of the time of a request. No
 * request carries the id of a span to the server.
 */
export const withTracing = <A, E, R>(sent: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.tracerWith((tracer) =>
    tracer === defaultTracer
      ? Effect.locally(sent, HttpClient.currentTracerDisabledWhen, () => true)
      : Effect.locally(sent, HttpClient.currentTracerPropagation, false)
  )

/** Adds the event of a retry to the current span: the attempt that failed, its error, and the pause before the next one. */
export const noteRetry = (error: RequestError, attempt: number, delay: Duration.Duration): Effect.Effect<void> =>
  Effect.flatMap(Effect.option(Effect.currentSpan), (span) =>
    Option.isNone(span)
      ? Effect.void
      : Effect.map(Clock.currentTimeNanos, (now) =>
          span.value.event("retry", now, { attempt, error: error._tag, delay_ms: Duration.toMillis(delay) })
        )
  )
