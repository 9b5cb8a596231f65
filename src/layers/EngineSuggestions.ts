/** When suggestions are made, and by which model. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Suggesting } from "../engine/usecases/learn/Suggest.js"
import { JulepConfigError } from "../schema/Errors.js"
import { read, text } from "./environment.js"

/** When to suggest next steps in a session, and with which model. */
export interface SuggestionsOption {
  /**
   * The turns of a session from one request for suggestions to the next: an integer, 1 or more. Default: `SUGGESTIONS_TURNS`,
   * else 1, every turn.
   */
  readonly turns?: number | undefined
  /** The model that suggests. Default: `SUGGESTIONS_MODEL_NAME`, else the agent's own. */
  readonly model?: string | undefined
}

const OFF: Suggesting.Service = { turns: 0, model: undefined }

/** The suggestions that an option asks for: none by default, because each request of a model has a price. */
export const choose = (
  option: boolean | SuggestionsOption = false
): Effect.Effect<Suggesting.Service, JulepConfigError> => {
  if (option === false) return Effect.succeed(OFF)
  const { model, turns = 1 } = option === true ? {} : option
  if (Number.isSafeInteger(turns) && turns >= 1) return Effect.succeed({ turns, model })
  const name = "suggestions.turns (or SUGGESTIONS_TURNS)"
  const message = `${name} must be a whole number of turns, 1 or more, not ${JSON.stringify(turns)}.`
  return Effect.fail(new JulepConfigError({ message }))
}

const environment = Config.all({
  turns: Config.option(Config.integer("SUGGESTIONS_TURNS")),
  model: text("SUGGESTIONS_MODEL_NAME")
})

/** The suggestions of an option; what it leaves out is read from the environment, where `SUGGESTIONS_TURNS` turns them on. */
export const fromEnvironment = (
  option: boolean | SuggestionsOption | undefined
): Effect.Effect<Suggesting.Service, JulepConfigError> =>
  Effect.flatMap(read("suggestions", environment), (variables) => {
    const [turns, model] = [Option.getOrUndefined(variables.turns), Option.getOrUndefined(variables.model)]
    if (option === false || (option === undefined && turns === undefined)) return choose(false)
    const given = typeof option === "object" ? option : {}
    return choose({ turns: given.turns ?? turns, model: given.model ?? model })
  })
