/** Chooses the context window of the model: that of an option or of a variable, else the known one. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { JulepConfigError } from "../schema/Errors.js"
import { read } from "./environment.js"

/** The context window that an option names, if any. Reads nothing from the environment. */
export const choose = (tokens?: number): Effect.Effect<number | undefined, JulepConfigError> =>
  tokens === undefined || (Number.isSafeInteger(tokens) && tokens > 0)
    ? Effect.succeed(tokens)
    : Effect.fail(
        new JulepConfigError({
          message: `contextWindow (or MODEL_CONTEXT_WINDOW) must be a whole number of tokens, 1 or more, not ${tokens}.`
        })
      )

/** The context window of an option; without one, of the environment. */
export const fromEnvironment = (tokens?: number): Effect.Effect<number | undefined, JulepConfigError> =>
  tokens === undefined
    ? Effect.flatMap(read("the context window", Config.option(Config.integer("MODEL_CONTEXT_WINDOW"))), (variable) =>
        choose(Option.getOrUndefined(variable))
      )
    : choose(tokens)
