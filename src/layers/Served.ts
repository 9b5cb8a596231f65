/** The engine as an HTTP app for a server. */
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { EngineApp } from "../engine/http/EngineApp.js"
import { JulepConfigError } from "../schema/Errors.js"
import { engine } from "./EngineComposition.js"
import type { Failure, Options } from "./EngineOptions.js"
import { redacted } from "./environment.js"

export { EngineApp } from "../engine/http/EngineApp.js"

/** The options of a served engine. */
export interface AppOptions extends Options {
  /** The key that requests must carry, without the white space around it. Default: none is required. */
  readonly apiKey?: string | Redacted.Redacted | undefined
  /** A header that may carry the key instead of `Authorization`. Default: `X-Auth-Key`. */
  readonly apiKeyHeader?: string | undefined
}

/**
 * The engine as an HTTP app: the agents API at `/` and `/api`, completions at `/v1`. When the layer closes, open streams
 * end with an error event, and their partial replies are recorded. Building the layer fails with {@link Failure}; a blank
 * `apiKey` is `JulepConfigError`.
 *
 * @example
 * ```ts
 * import { HttpServer } from "@effect/platform"
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect, Layer } from "effect"
 *
 * const served = Layer.unwrapEffect(Effect.map(Embedded.EngineApp, (app) => HttpServer.serve(app))).pipe(
 *   Layer.provide(Embedded.layerApp({ storage: { file: "data/julep.db" }, apiKey: "secret" }))
 * )
 * ```
 */
export const layerApp = ({ apiKey, apiKeyHeader, ...options }: AppOptions = {}): Layer.Layer<EngineApp, Failure> => {
  const given = redacted(apiKey)
  // A key read from a file ends in a line break, which no header can carry.
  const key = given === undefined ? undefined : Redacted.make(Redacted.value(given).trim())
  if (key !== undefined && Redacted.value(key) === "") {
    return Layer.fail(
      new JulepConfigError({ message: "apiKey must not be blank. Give a key, or leave it out to require none." })
    )
  }
  const header = (apiKeyHeader ?? "X-Auth-Key").toLowerCase()
  return engine(options, { key: key === undefined ? undefined : { key, header }, served: true })
}
