/** Spans that cost nothing while no tracer is installed: an unread span costs as much as a small query. */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"

const native = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Runs work in a span of its own. `work` gets no span when no tracer is installed. */
export const useSpan = <A, E, R>(
  name: string,
  options: Tracer.SpanOptions,
  work: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    fiber.currentTracer === native
      ? work(undefined)
      : Effect.useSpan(name, { captureStackTrace: false, ...options }, work)
  )

/** Puts an effect into a span, as the parent of the spans inside it. */
export const withSpan =
  (name: string, attributes?: Readonly<Record<string, unknown>>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    useSpan(name, attributes === undefined ? {} : { attributes: { ...attributes } }, (span) =>
      span === undefined ? effect : Effect.withParentSpan(effect, span)
    )

/** Puts a stream into a span that ends with it, as the parent of the spans inside it. */
export const withStreamSpan =
  (name: string, attributes: Readonly<Record<string, unknown>>) =>
  <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
    Stream.unwrap(
      Effect.withFiberRuntime((fiber) =>
        Effect.succeed(
          fiber.currentTracer === native
            ? stream
            : Stream.withSpan(stream, name, { captureStackTrace: false, attributes: { ...attributes } })
        )
      )
    )
