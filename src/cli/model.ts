/** The option `--model`: short names for endpoints, each with the variable that holds its key. */
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { ModelOption } from "../layers/EngineModel.js"
import { UsageError } from "./exitCodes.js"

export const model = Options.text("model").pipe(
  Options.withPseudoName("MODEL"),
  Options.withDescription(
    "The model that answers: offline, ollama:NAME, openai:NAME with OPENAI_API_KEY, or URL#NAME with MODEL_API_KEY. Default: that of the environment, else offline."
  ),
  Options.optional
)

const OLLAMA = "http://127.0.0.1:11434/v1"
const OPENAI = "https://api.openai.com/v1"

const key = (name: string): Effect.Effect<Option.Option<Redacted.Redacted>, UsageError> =>
  Effect.mapError(
    Config.option(Config.redacted(Config.nonEmptyString(name))),
    (error) => new UsageError({ message: `${name} cannot be read: ${error}` })
  )

const unknown = (given: string) =>
  new UsageError({
    message: `--model must be offline, ollama:NAME, openai:NAME or URL#NAME such as http://localhost:8000/v1#llama3.2, not ${JSON.stringify(given)}.`
  })

/** The model that a value of {@link model} names. Absent: that of the environment. */
export const modelOf = (given: Option.Option<string>): Effect.Effect<ModelOption | undefined, UsageError> =>
  Effect.gen(function* () {
    if (Option.isNone(given)) return undefined
    const { value } = given
    if (value === "offline") return "offline"
    const [, preset, modelName = ""] = /^(ollama|openai):(.+)$/.exec(value) ?? []
    if (preset === "ollama") return { url: OLLAMA, name: modelName }
    if (preset === "openai") {
      const apiKey = yield* key("OPENAI_API_KEY")
      if (Option.isSome(apiKey)) return { url: OPENAI, name: modelName, apiKey: apiKey.value }
      return yield* new UsageError({ message: "--model openai:NAME needs a key: set OPENAI_API_KEY to it." })
    }
    const [, url = "", name = ""] = /^(https?:\/\/[^#]+)#(.+)$/.exec(value) ?? []
    if (name === "") return yield* unknown(value)
    return { url, name, apiKey: Option.getOrUndefined(yield* key("MODEL_API_KEY")) }
  })
