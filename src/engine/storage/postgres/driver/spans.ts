import type * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import { useSpan } from "../../../telemetry/Spans.js"

/** The attributes of every span of the driver. */
export const attributes = { "db.system.name": "postgresql" }

const options: Tracer.SpanOptions = { kind: "client", attributes }

/** Runs a statement or a transaction in a span of its own, when a tracer is installed. */
export const spanned = <A, E, R>(
  name: string,
  work: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => useSpan(name, options, work)
