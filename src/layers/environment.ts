/** Reads the variables of the engine, and checks the keys and URLs that options and variables both name. */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { JulepConfigError } from "../schema/Errors.js"

/** A variable. Blank counts as absent. */
export const text = (name: string): Config.Config<Option.Option<string>> =>
  Config.map(
    Config.option(Config.string(name)),
    Option.filter((value) => value.trim() !== "")
  )

/** A variable that holds a secret: redacted as soon as it is read. */
export const secret = (name: string): Config.Config<Option.Option<Redacted.Redacted>> =>
  Config.map(
    text(name),
    Option.map((value) => Redacted.make(value))
  )

/** A key that an option gives, redacted before it is passed on. */
export const redacted = (key: string | Redacted.Redacted | undefined): Redacted.Redacted | undefined =>
  key === undefined || Redacted.isRedacted(key) ? key : Redacted.make(key)

/** Reads variables; the error of one that cannot be read names what they configure. */
export const read = <A>(what: string, config: Config.Config<A>): Effect.Effect<A, JulepConfigError> =>
  Effect.mapError(
    config,
    (error: ConfigError.ConfigError) =>
      new JulepConfigError({ message: `The configuration of ${what} cannot be read: ${error}` })
  )

/** An http or https URL; the error of any other one names what it is the URL of. */
export const httpUrl = (what: string, url: string): Effect.Effect<string, JulepConfigError> =>
  URL.canParse(url) && /^https?:/.test(url)
    ? Effect.succeed(url)
    : Effect.fail(
        new JulepConfigError({
          message: `The URL of ${what} must be an http or https URL such as "https://host/v1", not ${JSON.stringify(url)}.`
        })
      )
