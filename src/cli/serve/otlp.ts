/** Exports traces as OTLP in JSON. Loaded only where they are asked for. */
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Layer from "effect/Layer"

/** A tracer that sends its spans to a collector: `url` is its base, such as `http://localhost:4318`, or ends in `/v1/traces`. */
export const layer = (url: string): Layer.Layer<never> =>
  OtlpTracer.layer({
    url: `${url.replace(/\/+$/, "").replace(/\/v1\/traces$/, "")}/v1/traces`,
    resource: { serviceName: "effect-julep" },
    // A server must stop within 2 seconds.
    shutdownTimeout: "500 millis"
  }).pipe(Layer.provide(OtlpSerialization.layerJson), Layer.provide(FetchHttpClient.layer))
