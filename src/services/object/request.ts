/** The request of a typed answer: a JSON Schema in the form that endpoints hold a model to, and the words of a repair. */
import * as Either from "effect/Either"
import { type ChatRequest, messageText } from "../../schema/Chat.js"
import { type InvalidRequest, notSent } from "../../schema/Errors.js"
import type { JsonObject } from "../../schema/Field.js"
import { type Issue, issuesText } from "../../schema/Issue.js"
import { isObject, mapSubSchemas } from "../../schema/subSchemas.js"
import type { Decoder } from "../AnySchema.js"
import { takesNothing, takesNull } from "../absentNulls.js"

/** The member that holds a reply whose schema is not an object's: endpoints want an object. */
const VALUE = "value"

/** How much of a question is repeated to a model that must answer it again. */
const MAX_QUESTION = 2000

/** A schema whose optional members are required and may be null, as `strict` wants it. The decoder takes null as absent. */
const withNulls = (root: JsonObject): JsonObject => {
  const replaced = (schema: JsonObject): JsonObject => {
    const mapped = mapSubSchemas(schema, replaced)
    const { properties, required } = mapped
    if (!isObject(properties)) return mapped
    const names = Array.isArray(required) ? required : []
    const all = Object.entries(properties).map(([name, property]) => [
      name,
      names.includes(name) || !isObject(property) || takesNull(root, property)
        ? property
        : { anyOf: [property, { type: "null" }] }
    ])
    return { ...mapped, properties: Object.fromEntries(all), required: Object.keys(properties) }
  }
  return replaced(root)
}

/** What a root that is a reference refers to. */
const rootOf = (schema: JsonObject): JsonObject => {
  const [, container = "", name = ""] = /^#\/(\$defs|definitions)\/([^/~]+)$/.exec(String(schema["$ref"])) ?? []
  const definitions = schema[container]
  const definition = isObject(definitions) ? definitions[name] : undefined
  return isObject(definition) ? definition : schema
}

/** A schema as it is sent, and how the value of a reply is read. */
export interface ObjectFormat {
  readonly schema: JsonObject
  readonly valueOf: (json: unknown) => unknown
}

/** The format of a reply that a decoder reads. Fails if no value fits the schema. */
export const formatOf = ({
  checks,
  jsonSchema
}: Pick<Decoder<unknown>, "checks" | "jsonSchema">): Either.Either<ObjectFormat, InvalidRequest> => {
  if (takesNothing(jsonSchema, jsonSchema)) return Either.left(notSent("schema", "no JSON value fits the schema."))
  const schema = checks ? withNulls(jsonSchema) : jsonSchema
  if (rootOf(schema)["type"] === "object") return Either.right({ schema, valueOf: (json) => json })
  const { $defs, definitions, ...value } = schema
  return Either.right({
    schema: {
      type: "object",
      properties: { [VALUE]: value },
      required: [VALUE],
      additionalProperties: false,
      ...($defs === undefined ? {} : { $defs }),
      ...(definitions === undefined ? {} : { definitions })
    },
    valueOf: (json) => (isObject(json) && Object.hasOwn(json, VALUE) ? json[VALUE] : json)
  })
}

/** A turn whose reply has a format. Tools would come in its place. */
export const inputOf = (input: ChatRequest, { schema }: ObjectFormat): ChatRequest => ({
  ...input,
  tool_choice: input.tool_choice ?? "none",
  response_format: { type: "json_object", schema, strict: true }
})

const questionOf = ({ messages }: ChatRequest): string => {
  const question = messages.findLast(({ role }) => role === "user")
  return question === undefined ? "" : messageText(question).slice(0, MAX_QUESTION)
}

/**
 * The turn that asks for the whole reply once more. It is not recorded, so that history has no complaint. The question is
 * repeated because docs are recalled for what the turn says. What was not recorded is sent again: the whole turn, or, of a
 * repair, the complaint and the reply to it.
 */
export const repairOf = (
  input: ChatRequest,
  previous: ChatRequest,
  text: string,
  issues: ReadonlyArray<Issue>
): ChatRequest => {
  const question = questionOf(input)
  const complaint =
    `Your reply does not fit its JSON Schema: ${issuesText(issues)}. Reply again with the whole corrected JSON, and nothing ` +
    `else.${question === "" ? "" : `\n\nThe question was:\n${question}`}`
  const next = { role: "user", content: complaint } as const
  const asked = input.record === false ? input.messages : previous.messages.slice(-1)
  // Endpoints may refuse a message without content.
  const said = text === "" ? [] : [{ role: "assistant", content: text } as const]
  const unrecorded = previous.record === false ? [...asked, ...said] : []
  return {
    ...input,
    messages: [...unrecorded, next],
    record: false,
    remember: false
  }
}
