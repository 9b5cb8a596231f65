/** When suggestions are made, and by which model. */
import * as Effect from "effect/Effect"
import type { Suggesting } from "../engine/usecases/learn/Suggest.js"
import { JulepConfigError } from "../schema/Errors.js"

/** When to suggest next steps in a session, and with which model. */
export interface SuggestionsOption {
  /** The turns of a session from one request for suggestions to the next: an integer, 1 or more. Default: 1, every turn. */
  readonly turns?: number | undefined
  /** The model that suggests. Default: the agent's own. */
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
  const message = `suggestions.turns must be a whole number of turns, 1 or more, not ${JSON.stringify(turns)}.`
  return Effect.fail(new JulepConfigError({ message }))
}
