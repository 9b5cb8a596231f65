import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { JulepConfigError } from "../schema/Errors.js"
import * as Service from "../services/JulepConfig.js"

const environment = Config.all({
  apiKey: Config.option(Config.redacted("JULEP_API_KEY")),
  baseUrl: Config.option(Config.string("JULEP_API_URL")),
  timeout: Config.option(Config.duration("JULEP_TIMEOUT"))
})

const unreadable = (error: ConfigError.ConfigError) =>
  new JulepConfigError({ message: `The configuration cannot be read: ${error}` })

/** The configuration of these options; what they leave out is read through Effect's `Config`. */
export const resolve = (
  options: Service.JulepConfig.Options = {}
): Effect.Effect<Service.JulepConfig.Service, JulepConfigError> =>
  Effect.flatMap(Effect.mapError(environment, unreadable), ({ apiKey, baseUrl, timeout }) =>
    Service.make({
      ...options,
      apiKey: options.apiKey ?? Option.getOrUndefined(apiKey),
      baseUrl: options.baseUrl ?? Option.getOrUndefined(baseUrl),
      timeout: options.timeout ?? Option.getOrUndefined(timeout)
    })
  )

/**
 * How to reach a server.
 *
 * @example
 * ```ts
 * import { JulepConfig } from "effect-julep"
 * import { Config } from "effect"
 *
 * const fromEnvironment = JulepConfig.layer() // JULEP_API_KEY, JULEP_API_URL, JULEP_TIMEOUT
 * const explicit = JulepConfig.layer({ apiKey: "secret", baseUrl: "https://host/api" })
 * const mine = JulepConfig.layerConfig({ apiKey: Config.redacted("MY_KEY"), baseUrl: Config.string("MY_URL") })
 * ```
 */
export class JulepConfig extends Service.JulepConfig {
  /** From options; what they leave out is read from `JULEP_API_KEY`, `JULEP_API_URL` and `JULEP_TIMEOUT`. */
  static readonly layer = (options?: Service.JulepConfig.Options): Layer.Layer<Service.JulepConfig, JulepConfigError> =>
    Layer.effect(Service.JulepConfig, resolve(options))

  /** From `Config` values under names of your own. */
  static readonly layerConfig = (
    options: Config.Config.Wrap<Service.JulepConfig.Options>
  ): Layer.Layer<Service.JulepConfig, JulepConfigError> =>
    Layer.effect(Service.JulepConfig, Effect.flatMap(Effect.mapError(Config.unwrap(options), unreadable), Service.make))
}

export declare namespace JulepConfig {
  /** What a caller may say about how to reach a server. */
  type Options = Service.JulepConfig.Options
  /** What every manager reads. */
  type Service = Service.JulepConfig.Service
}
