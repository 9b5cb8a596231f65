import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

const silent = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** What every span says. */
export const attributes = { "db.system.name": "sqlite" }

/** Runs work in a span of its own where somebody takes spans: one that nobody takes costs as much as a small query. */
export const spanned = <A, E, R>(
  name: string,
  work: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    fiber.currentTracer === silent
      ? work(undefined)
      : Effect.useSpan(name, { kind: "client", captureStackTrace: false, attributes }, work)
  )
