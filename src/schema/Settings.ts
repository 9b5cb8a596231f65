/**
 * The settings of a generation. Ranges and defaults are those of the specification; defaults are documentation:
 * a model is sent only the settings of the request and of its agent.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { is } from "./Compiled.js"
import {
  type InputType,
  inputOf,
  JsonInput,
  member,
  nullish,
  omittable,
  openEnum,
  orNull,
  ranged,
  reported
} from "./Field.js"

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
  /** How much a token loses for each time that the text already has it, from -2 to 2. Default: the endpoint's own. */
  frequency_penalty: omittable(ranged(-2, 2, 0)),
  /**
   * Prefers longer texts above 1 and shorter ones below, from 0 to 2. Sent only to endpoints with vLLM's extensions.
   * Default: the endpoint's own.
   */
  length_penalty: factorPenalty,
  /** How much a token loses if the text already has it, from -1 to 1. Default: the endpoint's own. */
  presence_penalty: additivePenalty,
  /**
   * Divides what a token weighs that was there before, from 0 to 2; 1 is neutral. Sent only to endpoints with vLLM's
   * extensions. Default: the endpoint's own.
   */
  repetition_penalty: factorPenalty,
  /** How random the choice of tokens is, from 0 to 3: 0 takes the most likely one. Default: the endpoint's own. */
  temperature: omittable(ranged(0, 3, 0.75)),
  /**
   * Chooses among the most likely tokens whose probabilities add up to this, from 0 to 1. Default: the endpoint's own.
   */
  top_p: omittable(ranged(0, 1, 1)),
  /**
   * Leaves out tokens below this share of the most likely one's probability, from 0 to 1 (exclusive). Sent only to
   * endpoints with vLLM's extensions. Default: the endpoint's own.
   */
  min_p: minP,
  /**
   * A named set of settings of the hosted Julep models. Sent only to endpoints with vLLM's extensions. Default: none.
   */
  preset: omittable(Preset)
}).annotations({ identifier: "AgentDefaultSettings", ...inputOf("the settings of an agent") })
export interface AgentDefaultSettings extends InputType<typeof AgentDefaultSettings> {}

const isPreset = is(Preset)

/** A preset that this version does not know is left out: it could not be sent back. */
const knownPreset = member<typeof Preset.Type, string | null>(
  orNull(openEnum(...presets), "optional"),
  Preset.ast,
  Option.filter(isPreset)
)

/** An agent's settings as a server reports them: complete, with the defaults filled in. */
export const StoredSettings = Schema.Struct({
  frequency_penalty: nullish(reported(-2, 2, 0)),
  length_penalty: nullish(reported(0, 2, 1)),
  presence_penalty: nullish(reported(-1, 1, 0)),
  repetition_penalty: nullish(reported(0, 2, 1)),
  temperature: nullish(reported(0, 3, 0.75)),
  top_p: nullish(reported(0, 1, 1)),
  min_p: nullish(Schema.Number.annotations(minPDocument)),
  preset: knownPreset
}).annotations({ identifier: "AgentSettings" })
export interface StoredSettings extends Schema.Schema.Type<typeof StoredSettings> {}

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
  schema: omittable(JsonInput),
  strict
}).annotations({ identifier: "NamedJsonSchema" })

/**
 * The format of a reply. `pattern` belongs to `regex`, `schema` to `json_object`. Beyond v0.3: `strict` belongs to `schema`,
 * and `json_schema` to the type of that name, which is OpenAI's own spelling. `strict` asks the endpoint to hold the model to
 * the schema. The engine passes it on where the form that OpenAI demands then has no other values than the schema.
 */
export const ResponseFormat = Schema.Struct({
  /** Default: `text`. */
  type: omittable(Schema.Literal("text", "json_object", "regex", "json_schema").annotations({ default: "text" })),
  /** The regular expression that the text matches, of `regex`. Default: none. */
  pattern: omittable(Schema.String),
  /** The JSON Schema that the object fits, of `json_object`. Default: any object. */
  schema: omittable(JsonInput.annotations({ default: {} })),
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
  .annotations({ identifier: "ResponseFormat", ...inputOf("a response format") })
export interface ResponseFormat extends Schema.Schema.Type<typeof ResponseFormat> {}

/** The members of `ChatSettings`, less `stream`, which belongs to the streaming call. */
export const chatSettings = {
  /**
   * How much a token loses for each time that the text already has it, from -1 to 1. Default: the agent's, else the
   * endpoint's own.
   */
  frequency_penalty: additivePenalty,
  /**
   * Prefers longer texts above 1 and shorter ones below, from 0 to 2. Sent only to endpoints with vLLM's extensions.
   * Default: the agent's, else the endpoint's own.
   */
  length_penalty: factorPenalty,
  /** What is added to the weight of tokens, by their ids: whole numbers. Default: nothing. */
  logit_bias: omittable(Schema.Record({ key: Schema.String, value: whole })),
  /** The most tokens of the reply, from 1 to 16,384. Default: the endpoint's own. */
  max_tokens: omittable(integer(1, 16384).annotations({ default: 200 })),
  /**
   * How much a token loses if the text already has it, from -1 to 1. Default: the agent's, else the endpoint's own.
   */
  presence_penalty: additivePenalty,
  /**
   * Divides what a token weighs that was there before, from 0 to 2; 1 is neutral. Sent only to endpoints with vLLM's
   * extensions. Default: the agent's, else the endpoint's own.
   */
  repetition_penalty: factorPenalty,
  /** The format of the reply. Default: text. */
  response_format: omittable(ResponseFormat),
  /** Makes replies repeatable, as far as the endpoint can: a whole number from -1 to 9,999. Default: none. */
  seed: omittable(integer(-1, 9999)),
  /** Texts that end the reply, which does not have them: one, or a list of 1 to 4. Default: none. */
  stop: omittable(
    Schema.Union(Schema.String, Schema.Array(Schema.String).pipe(Schema.minItems(1), Schema.maxItems(4)))
  ),
  /**
   * How random the choice of tokens is, from 0 to 2: 0 takes the most likely one. Default: the agent's, else the
   * endpoint's own.
   */
  temperature: omittable(ranged(0, 2, 0.75)),
  /**
   * Chooses among the most likely tokens whose probabilities add up to this, from 0 (exclusive) to 1. Default: the
   * agent's, else the endpoint's own.
   */
  top_p: omittable(topPAboveZero),
  /**
   * Leaves out tokens below this share of the most likely one's probability, from 0 to 1 (exclusive). Sent only to
   * endpoints with vLLM's extensions. Default: the agent's, else the endpoint's own.
   */
  min_p: minP,
  /**
   * A named set of settings of the hosted Julep models. Sent only to endpoints with vLLM's extensions. Default: the
   * agent's.
   */
  preset: omittable(Preset)
}
