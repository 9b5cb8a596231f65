import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { layerFetch } from "./Http.js"

/**
 * The HTTP client that the engine calls its model and its embedder with. Default: fetch. Provide another one for a proxy,
 * for logging, or for tests.
 *
 * @example
 * ```ts
 * import { HttpClient } from "@effect/platform"
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect, Layer } from "effect"
 *
 * const logged = Layer.effect(
 *   Embedded.Outbound,
 *   Effect.map(
 *     HttpClient.HttpClient,
 *     HttpClient.tapRequest((request) => Effect.logInfo(`${request.method} ${request.url}`))
 *   )
 * )
 * const engine = Embedded.layer({ model: { url: "http://localhost:8000/v1", name: "qwen" } }).pipe(Layer.provide(logged))
 * ```
 */
export class Outbound extends Context.Reference<Outbound>()("effect-julep/Embedded/Outbound", {
  defaultValue: (): HttpClient.HttpClient => Effect.runSync(Effect.provide(HttpClient.HttpClient, layerFetch))
}) {}
