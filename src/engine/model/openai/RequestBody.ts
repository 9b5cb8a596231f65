/** Writes the body of a chat completion. */
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../../schema/Field.js"
import { ModelError, type ModelRequest, type ModelSettings, type ModelTool } from "../../ports/Model.js"
import * as OpenAi from "../../ports/OpenAi.js"
import { withoutRefs } from "./SchemaRefs.js"
import { strictSchema } from "./StrictSchema.js"

/** The members that the endpoint accepts. */
export interface BodyOptions {
  /** Whether the endpoint accepts `min_p`, `repetition_penalty`, `length_penalty`, `preset` and `guided_regex`. */
  readonly samplingExtensions: boolean
  /** Whether messages are sent with the names of their senders. Default: false. */
  readonly messageNames?: boolean | undefined
}

type Format = NonNullable<ModelSettings["response_format"]>

const refused = (message: string) => new ModelError({ reason: "invalid_request", message })

/** A schema as the endpoint reads it, strict where that is wanted and keeps what the schema means. */
const jsonSchema = (given: JsonObject, { description, name = "response", strict }: Format): JsonObject => {
  const schema = withoutRefs(given)
  const strictly = strict === true ? strictSchema(schema) : undefined
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(strictly === undefined ? { schema } : { schema: strictly, strict: true })
  }
}

const responseFormat = (
  format: ModelSettings["response_format"],
  extensions: boolean
): Effect.Effect<JsonObject, ModelError> => {
  if (format === undefined || format.type === undefined || format.type === "text") return Effect.succeed({})
  if (format.type === "regex") {
    return extensions && format.pattern !== undefined
      ? Effect.succeed({ guided_regex: format.pattern })
      : Effect.fail(refused('The model endpoint does not support response_format "regex"'))
  }
  return Effect.succeed({
    response_format:
      format.schema === undefined || Object.keys(format.schema).length === 0
        ? { type: "json_object" }
        : { type: "json_schema", json_schema: jsonSchema(format.schema, format) }
  })
}

const extensionNames: ReadonlySet<string> = new Set(["min_p", "repetition_penalty", "length_penalty", "preset"])

const toolOf = (tool: ModelTool) => {
  const schema = withoutRefs(tool.parameters)
  const strictly = tool.strict === true ? strictSchema(schema) : undefined
  return OpenAi.toolOf({ ...tool, parameters: strictly ?? schema })
}

/** The body of a request, as far as it does not depend on whether the reply is streamed. */
export const bodyOf = ({ extra, messages, model, settings, tool_choice, tools }: ModelRequest, options: BodyOptions) =>
  Effect.map(responseFormat(settings.response_format, options.samplingExtensions), (format): JsonObject => {
    const taken = Object.entries(settings).filter(
      ([name]) => name !== "response_format" && (options.samplingExtensions || !extensionNames.has(name))
    )
    return {
      ...extra,
      model,
      messages: messages.map(options.messageNames === true ? OpenAi.namedMessageOf : OpenAi.messageOf),
      ...Object.fromEntries(taken),
      ...format,
      ...(tools.length === 0 ? {} : { tools: tools.map(toolOf) }),
      ...(tools.length === 0 || tool_choice === undefined ? {} : { tool_choice })
    }
  })
