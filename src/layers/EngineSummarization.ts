/** When sessions are summarized, and by which model. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Summarization } from "../engine/usecases/learn/Summarize.js"
import { JulepConfigError } from "../schema/Errors.js"

/** What can be said of summaries. */
export interface SummarizationOption {
  /** The tokens of messages that call for a summary: a whole number, 1 or more. Default: 2048. */
  readonly threshold?: number | undefined
  /** The model that writes it. Default: the agent's own. */
  readonly model?: string | undefined
}

const DEFAULT_THRESHOLD = 2048

const refused = (fault: string) => new JulepConfigError({ message: `The threshold of summaries ${fault}.` })

/** The summaries that an option asks for; nothing is read from the environment. */
export const choose = (option: SummarizationOption = {}): Layer.Layer<Summarization, JulepConfigError> => {
  const { model, threshold = DEFAULT_THRESHOLD } = option
  return Number.isSafeInteger(threshold) && threshold >= 1
    ? Layer.succeed(Summarization, { threshold, model })
    : Layer.fail(refused(`must be a whole number of tokens, 1 or more, not ${threshold}`))
}

const environment = Config.all({
  threshold: Config.option(Config.integer("SUMMARIZATION_TOKENS_THRESHOLD")),
  model: Config.option(Config.nonEmptyString("SUMMARIZATION_MODEL_NAME"))
})

/** The same; what the option leaves out is read from the environment. */
export const fromEnvironment = (option: SummarizationOption = {}): Layer.Layer<Summarization, JulepConfigError> =>
  Layer.unwrapEffect(
    environment.pipe(
      Effect.mapError((error) => refused(`cannot be read: ${error}`)),
      Effect.map(({ model, threshold }) =>
        choose({
          threshold: option.threshold ?? Option.getOrUndefined(threshold),
          model: option.model ?? Option.getOrUndefined(model)
        })
      )
    )
  )
