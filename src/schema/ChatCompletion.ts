/**
 * The OpenAI-compatible half of the API. Members that v0.3 used are typed. Every other member passes through, in requests
 * and in responses, and a member or enum value that a provider added never fails to decode.
 */
import * as Schema from "effect/Schema"
import { count, JsonObject, openEnum, optionalNullable } from "./Field.js"

/** Members that a schema does not name stay as they are. */
export const unknownMembers = { key: Schema.String, value: Schema.Unknown }

/** OpenAI's sampling settings, and those of the hosted models. */
const sampling = {
  temperature: optionalNullable(Schema.Number),
  top_p: optionalNullable(Schema.Number),
  max_tokens: optionalNullable(count),
  frequency_penalty: optionalNullable(Schema.Number),
  presence_penalty: optionalNullable(Schema.Number),
  stop: optionalNullable(Schema.Union(Schema.String, Schema.Array(Schema.String))),
  seed: optionalNullable(count),
  n: optionalNullable(count),
  logit_bias: optionalNullable(JsonObject),
  user: optionalNullable(Schema.String),
  min_p: optionalNullable(Schema.Number),
  preset: optionalNullable(Schema.String),
  repetition_penalty: optionalNullable(Schema.Number),
  length_penalty: optionalNullable(Schema.Number)
}

/** A call of a tool in a chat completion. */
export const CompletionToolCall = Schema.Struct(
  {
    id: optionalNullable(Schema.String),
    type: optionalNullable(Schema.String),
    // A call of a custom tool has none.
    function: optionalNullable(
      Schema.Union(Schema.Struct({ name: Schema.String, arguments: Schema.String }, unknownMembers), Schema.String)
    )
  },
  unknownMembers
).annotations({ identifier: "CompletionToolCall" })
export interface CompletionToolCall extends Schema.Schema.Type<typeof CompletionToolCall> {}

/** A message of a chat completion request: role and content, and any other member that the endpoint accepts. */
export const CompletionMessage = Schema.Struct(
  {
    role: Schema.String,
    content: optionalNullable(Schema.Union(Schema.String, Schema.Array(JsonObject)), "nullish"),
    name: optionalNullable(Schema.String),
    tool_calls: optionalNullable(Schema.Array(CompletionToolCall)),
    tool_call_id: optionalNullable(Schema.String)
  },
  unknownMembers
).annotations({ identifier: "CompletionMessage" })
export interface CompletionMessage extends Schema.Schema.Type<typeof CompletionMessage> {}

const chatCompletion = {
  messages: Schema.Array(CompletionMessage).pipe(Schema.minItems(1)),
  tools: optionalNullable(Schema.Array(JsonObject)),
  tool_choice: optionalNullable(Schema.Union(Schema.String, JsonObject)),
  response_format: optionalNullable(JsonObject),
  ...sampling
}

/** A request for a chat completion. Without `model`, the engine asks for its default one. */
export const CreateChatCompletion = Schema.Struct(
  { model: optionalNullable(Schema.String), stream: optionalNullable(Schema.Boolean), ...chatCompletion },
  unknownMembers
).annotations({ identifier: "CreateChatCompletionRequest" })
export interface CreateChatCompletion extends Schema.Schema.Type<typeof CreateChatCompletion> {}

/** The input of a chat completion. Without `model`, the client sends `julep-ai/samantha-1-turbo`. */
export const ChatCompletionParams = Schema.Struct(
  { model: Schema.optional(Schema.String), ...chatCompletion },
  unknownMembers
)
export interface ChatCompletionParams extends Schema.Schema.Type<typeof ChatCompletionParams> {}

const completion = { prompt: Schema.Union(Schema.String, Schema.Array(Schema.Unknown)), ...sampling }

/** A request for a text completion. Without `model`, the engine asks for its default one. */
export const CreateCompletion = Schema.Struct(
  { model: optionalNullable(Schema.String), stream: optionalNullable(Schema.Boolean), ...completion },
  unknownMembers
).annotations({ identifier: "CreateCompletionRequest" })
export interface CreateCompletion extends Schema.Schema.Type<typeof CreateCompletion> {}

/** The input of a text completion. Without `model`, the client sends `julep-ai/samantha-1-turbo`. */
export const CompletionParams = Schema.Struct({ model: Schema.optional(Schema.String), ...completion }, unknownMembers)
export interface CompletionParams extends Schema.Schema.Type<typeof CompletionParams> {}

/** The tokens that a completion used, with the details of its endpoint. */
export const Usage = Schema.Struct(
  {
    prompt_tokens: count,
    completion_tokens: optionalNullable(count),
    total_tokens: count
  },
  unknownMembers
).annotations({ identifier: "TokenUsage" })

const finishReason = optionalNullable(
  openEnum("stop", "length", "tool_calls", "content_filter", "function_call"),
  "nullable"
)

/** A chat completion. */
export const ChatCompletion = Schema.Struct(
  {
    id: Schema.String,
    object: optionalNullable(Schema.String, "always"),
    created: optionalNullable(count, "always"),
    model: optionalNullable(Schema.String, "always"),
    choices: Schema.Array(
      Schema.Struct(
        {
          index: optionalNullable(count, "always"),
          message: Schema.Struct(
            {
              role: optionalNullable(Schema.String, "always"),
              content: optionalNullable(Schema.Union(Schema.String, Schema.Array(JsonObject)), "nullish"),
              refusal: optionalNullable(Schema.String, "nullish"),
              tool_calls: optionalNullable(Schema.Array(CompletionToolCall)),
              function_call: optionalNullable(Schema.Unknown)
            },
            unknownMembers
          ),
          finish_reason: finishReason
        },
        unknownMembers
      )
    ),
    usage: optionalNullable(Usage)
  },
  unknownMembers
).annotations({ identifier: "ChatCompletion" })
export interface ChatCompletion extends Schema.Schema.Type<typeof ChatCompletion> {}

/** A piece of a function's name and arguments. */
const FunctionDelta = Schema.Struct(
  { name: optionalNullable(Schema.String), arguments: optionalNullable(Schema.String) },
  unknownMembers
)

/** A piece of a tool call; the pieces of one call share an index or an id, and some endpoints repeat neither. */
export const ToolCallDelta = Schema.Struct(
  {
    index: optionalNullable(count, "always"),
    id: optionalNullable(Schema.String),
    type: optionalNullable(Schema.String),
    function: optionalNullable(FunctionDelta)
  },
  unknownMembers
).annotations({ identifier: "ToolCallDelta" })
export interface ToolCallDelta extends Schema.Schema.Type<typeof ToolCallDelta> {}

/** One event of a streamed chat completion. */
export const ChatCompletionChunk = Schema.Struct(
  {
    id: optionalNullable(Schema.String),
    object: optionalNullable(Schema.String, "always"),
    created: optionalNullable(count, "always"),
    model: optionalNullable(Schema.String, "always"),
    choices: Schema.Array(
      Schema.Struct(
        {
          index: optionalNullable(count, "always"),
          delta: optionalNullable(
            Schema.Struct(
              {
                role: optionalNullable(Schema.String),
                content: optionalNullable(Schema.String, "nullish"),
                refusal: optionalNullable(Schema.String, "nullish"),
                tool_calls: optionalNullable(Schema.Array(ToolCallDelta)),
                function_call: optionalNullable(FunctionDelta)
              },
              unknownMembers
            ),
            "always"
          ),
          finish_reason: finishReason
        },
        unknownMembers
      )
    ),
    usage: optionalNullable(Usage, "nullish")
  },
  unknownMembers
).annotations({ identifier: "ChatCompletionChunk" })
export interface ChatCompletionChunk extends Schema.Schema.Type<typeof ChatCompletionChunk> {}

/** A text completion. */
export const Completion = Schema.Struct(
  {
    id: Schema.String,
    object: optionalNullable(Schema.String, "always"),
    created: optionalNullable(count, "always"),
    model: optionalNullable(Schema.String, "always"),
    choices: Schema.Array(
      Schema.Struct(
        { index: optionalNullable(count, "always"), text: Schema.String, finish_reason: finishReason },
        unknownMembers
      )
    ),
    usage: optionalNullable(Usage, "nullish")
  },
  unknownMembers
).annotations({ identifier: "Completion" })
export interface Completion extends Schema.Schema.Type<typeof Completion> {}

/** One event of a streamed text completion. */
export const CompletionChunk = Schema.Struct(
  {
    id: optionalNullable(Schema.String),
    object: optionalNullable(Schema.String, "always"),
    created: optionalNullable(count, "always"),
    model: optionalNullable(Schema.String, "always"),
    choices: Schema.Array(
      Schema.Struct(
        {
          index: optionalNullable(count, "always"),
          text: optionalNullable(Schema.String),
          finish_reason: finishReason
        },
        unknownMembers
      )
    ),
    usage: optionalNullable(Usage, "nullish")
  },
  unknownMembers
).annotations({ identifier: "CompletionChunk" })
export interface CompletionChunk extends Schema.Schema.Type<typeof CompletionChunk> {}
