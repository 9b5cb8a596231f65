/**
 * The settings of a generation. Ranges and defaults are those of the specification; defaults are documentation:
 * a model is sent only the settings of the request and of its agent.
 */
import * as Schema from "effect/Schema"
import { JsonSchema, nullish, omittable, openEnum, ranged, reportAll, reported } from "./Field.js"

/** The model of an agent that names none, and the default of `chat` and `completions`. */
export const DEFAULT_MODEL = "julep-ai/samantha-1-turbo"

const presets = [
  "problem_solving",
  "conversational",
  "fun",
  "prose",
  "creative",
  "business",
  "deterministic",
  "code",
  "multilingual"
] as const

/** The named presets of the hosted Julep models. */
export const Preset = Schema.Literal(...presets)
export type Preset = typeof Preset.Type

const minPDocument = { jsonSchema: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0.01 } }

const minP = omittable(Schema.Number.pipe(Schema.greaterThanOrEqualTo(0), Schema.lessThan(1, minPDocument)))

const topPAboveZero = Schema.Number.pipe(
  Schema.greaterThan(0),
  Schema.lessThanOrEqualTo(1, { jsonSchema: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 1 } })
)

/** A whole number. `Schema.Int` would be a schema of its own in the OpenAPI document. */
const whole = Schema.Number.pipe(Schema.int())

const integer = (minimum: number, maximum: number) => whole.pipe(Schema.between(minimum, maximum))

/** A penalty that is added, within -1 and 1. */
const additivePenalty = omittable(ranged(-1, 1, 0))
/** A penalty that is a factor, where 1 is neutral. */
const factorPenalty = omittable(ranged(0, 2, 1))

/** The settings of an agent, the defaults of its sessions' chats. */
export const AgentDefaultSettings = Schema.Struct({
  frequency_penalty: omittable(ranged(-2, 2, 0)),
  length_penalty: factorPenalty,
  presence_penalty: additivePenalty,
  repetition_penalty: factorPenalty,
  temperature: omittable(ranged(0, 3, 0.75)),
  top_p: omittable(ranged(0, 1, 1)),
  min_p: minP,
  preset: omittable(Preset)
}).annotations({ identifier: "AgentDefaultSettings", ...reportAll })
export type AgentDefaultSettings = typeof AgentDefaultSettings.Type

/** An agent's settings as a server reports them: complete, with the defaults filled in. */
export const StoredSettings = Schema.Struct({
  frequency_penalty: nullish(reported(-2, 2, 0)),
  length_penalty: nullish(reported(0, 2, 1)),
  presence_penalty: nullish(reported(-1, 1, 0)),
  repetition_penalty: nullish(reported(0, 2, 1)),
  temperature: nullish(reported(0, 3, 0.75)),
  top_p: nullish(reported(0, 1, 1)),
  min_p: nullish(Schema.Number.annotations(minPDocument)),
  preset: nullish(openEnum(...presets), "optional")
}).annotations({ identifier: "AgentSettings" })
export type StoredSettings = typeof StoredSettings.Type

/** The defaults of the specification, which has none for `preset`. */
export const DEFAULT_SETTINGS = {
  frequency_penalty: 0,
  length_penalty: 1,
  presence_penalty: 0,
  repetition_penalty: 1,
  temperature: 0.75,
  top_p: 1,
  min_p: 0.01
} as const satisfies StoredSettings

/** Whether the endpoint holds the model to the schema, where it can. */
const strict = omittable(Schema.Boolean)

/** The JSON Schema of a reply, as OpenAI spells it. */
const NamedJsonSchema = Schema.Struct({
  /** At most 64 letters, digits, `_` and `-`. */
  name: Schema.String.pipe(Schema.pattern(/^[\w-]{1,64}$/)),
  description: omittable(Schema.String),
  schema: omittable(JsonSchema),
  strict
}).annotations({ identifier: "NamedJsonSchema" })

/**
 * The format of a reply. `pattern` belongs to `regex`, `schema` to `json_object`. Beyond v0.3: `strict` belongs to `schema`,
 * and `json_schema` to the type of that name, which is OpenAI's own spelling. `strict` asks the endpoint to hold the model to
 * the schema. The engine passes it on where the form that OpenAI demands then has no other values than the schema.
 */
export const ResponseFormat = Schema.Struct({
  type: omittable(Schema.Literal("text", "json_object", "regex", "json_schema").annotations({ default: "text" })),
  pattern: omittable(Schema.String),
  schema: omittable(JsonSchema.annotations({ default: {} })),
  strict,
  json_schema: omittable(NamedJsonSchema)
})
  .pipe(
    Schema.filter(({ json_schema, type }) =>
      type === "json_schema" && json_schema === undefined
        ? { path: ["json_schema"], message: 'is missing: the type "json_schema" needs { name, schema }' }
        : undefined
    )
  )
  .annotations({ identifier: "ResponseFormat", ...reportAll })
export type ResponseFormat = typeof ResponseFormat.Type

/** The members of `ChatSettings`, less `stream`, which belongs to the streaming call. */
export const chatSettings = {
  frequency_penalty: additivePenalty,
  length_penalty: factorPenalty,
  logit_bias: omittable(Schema.Record({ key: Schema.String, value: whole })),
  max_tokens: omittable(integer(1, 16384).annotations({ default: 200 })),
  presence_penalty: additivePenalty,
  repetition_penalty: factorPenalty,
  response_format: omittable(ResponseFormat),
  seed: omittable(integer(-1, 9999)),
  stop: omittable(
    Schema.Union(Schema.String, Schema.Array(Schema.String).pipe(Schema.minItems(1), Schema.maxItems(4)))
  ),
  temperature: omittable(ranged(0, 2, 0.75)),
  top_p: omittable(topPAboveZero),
  min_p: minP,
  preset: omittable(Preset)
}
