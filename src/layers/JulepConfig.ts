/** The configuration that users import: the tag of `services/JulepConfig.ts`, subclassed under the same key, with its layers. */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { JulepConfigError } from "../schema/Errors.js"
import * as Service from "../services/JulepConfig.js"

const unreadable = (error: ConfigError.ConfigError) =>
  new JulepConfigError({ message: `The configuration cannot be read: ${error}` })

/** The option, else the variable, which is read only if the option is absent. */
const given = <A, B>(
  option: A | undefined,
  variable: Config.Config<B>
): Effect.Effect<A | B | undefined, ConfigError.ConfigError> =>
  option === undefined ? Effect.map(Config.option(variable), Option.getOrUndefined) : Effect.succeed(option)

/** The configuration of these options; omitted ones are read through Effect's `Config`. */
export const resolve = (
  options: Service.JulepConfig.Options = {}
): Effect.Effect<Service.JulepConfig.Service, JulepConfigError> =>
  Effect.all({
    apiKey: given(options.apiKey, Config.redacted("JULEP_API_KEY")),
    baseUrl: given(options.baseUrl, Config.string("JULEP_API_URL")),
    timeout: given(options.timeout, Config.duration("JULEP_TIMEOUT"))
  }).pipe(
    Effect.mapError(unreadable),
    Effect.flatMap((read) => Service.make({ ...options, ...read }))
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
  /** From options; omitted ones are read from `JULEP_API_KEY`, `JULEP_API_URL` and `JULEP_TIMEOUT`. */
  static readonly layer = (options?: Service.JulepConfig.Options): Layer.Layer<Service.JulepConfig, JulepConfigError> =>
    Layer.effect(Service.JulepConfig, resolve(options))

  /** From `Config` values under names of your own. */
  static readonly layerConfig = (
    options: Config.Config.Wrap<Service.JulepConfig.Options>
  ): Layer.Layer<Service.JulepConfig, JulepConfigError> =>
    Layer.effect(Service.JulepConfig, Effect.flatMap(Effect.mapError(Config.unwrap(options), unreadable), Service.make))
}

export declare namespace JulepConfig {
  /** How to reach a server. */
  type Options = Service.JulepConfig.Options
  /** A checked configuration. */
  type Service = Service.JulepConfig.Service
}
