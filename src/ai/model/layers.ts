/** The layers and durations that users give. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ModelError } from "../../layers/EnginePorts.js"
import { JulepConfigError } from "../../schema/Errors.js"

/** How long a provider may take to answer by default. */
export const TIMEOUT = Duration.seconds(300)

/** The error of a provider that takes longer. */
export const timeoutError = (timeout: Duration.Duration) => () =>
  new ModelError({
    reason: "unavailable",
    message: `The model's provider did not answer within ${Duration.format(timeout)}. Raise the option timeout if it may take that long.`
  })

/** The configuration error with this text. */
export const refused = (message: string): Effect.Effect<never, JulepConfigError> =>
  Effect.fail(new JulepConfigError({ message }))

/** A layer that fails to build fails as the engine does, with what it says. */
export const orConfigError = <A, E>(what: string, layer: Layer.Layer<A, E>): Layer.Layer<A, JulepConfigError> =>
  Layer.catchAllCause(layer, (cause) =>
    Layer.fail(new JulepConfigError({ message: `The layer of the ${what} fails: ${Cause.pretty(cause)}` }))
  )

/** A duration that an option gives. */
export const durationOf = (
  name: string,
  input: Duration.DurationInput
): Effect.Effect<Duration.Duration, JulepConfigError> =>
  Effect.catchTag(Duration.decodeUnknown(input), "NoSuchElementException", () =>
    refused(`${name} must be a duration such as "30 seconds", not ${JSON.stringify(input)}.`)
  )
