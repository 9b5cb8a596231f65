/** When sessions are summarized, and by which model. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Summarization } from "../engine/usecases/learn/Summarize.js"
import { JulepConfigError } from "../schema/Errors.js"
import { read, text } from "./environment.js"

/** When to summarize a session, and with which model. */
export interface SummarizationOption {
  /** How many tokens of messages start a summary: an integer, 1 or more. Default: 2048. */
  readonly threshold?: number | undefined
  /** The model that writes the summary. Default: the agent's own. */
  readonly model?: string | undefined
}

const DEFAULT_THRESHOLD = 2048

/** The summarization that an option asks for. Reads nothing from the environment. */
export const choose = (option: SummarizationOption = {}): Effect.Effect<Summarization.Service, JulepConfigError> => {
  const { model, threshold = DEFAULT_THRESHOLD } = option
  if (Number.isSafeInteger(threshold) && threshold >= 1) return Effect.succeed({ threshold, model })
  const name = "summarization.threshold (or SUMMARIZATION_TOKENS_THRESHOLD)"
  const message = `${name} must be a whole number of tokens, 1 or more, not ${threshold}.`
  return Effect.fail(new JulepConfigError({ message }))
}

const environment = Config.all({
  threshold: Config.option(Config.integer("SUMMARIZATION_TOKENS_THRESHOLD")),
  model: text("SUMMARIZATION_MODEL_NAME")
})

/** The summarization of an option; what it leaves out is read from the environment. */
export const fromEnvironment = (
  option: SummarizationOption = {}
): Effect.Effect<Summarization.Service, JulepConfigError> =>
  Effect.flatMap(read("summarization", environment), ({ model, threshold }) =>
    choose({
      threshold: option.threshold ?? Option.getOrUndefined(threshold),
      model: option.model ?? Option.getOrUndefined(model)
    })
  )
