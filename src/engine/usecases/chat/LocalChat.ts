/** Chat completions that the engine writes itself, from the replies of a model without OpenAI's API. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ToolChoice } from "../../../schema/Chat.js"
import { CreateChatCompletion } from "../../../schema/ChatCompletion.js"
import { decoder, is } from "../../../schema/Compiled.js"
import { UnprocessableRequest } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import { issuesOf, issuesText } from "../../../schema/Issue.js"
import type {
  ModelError,
  ModelEvent,
  ModelReply,
  ModelRequest,
  ModelSettings,
  ModelUsage,
  OpenAiError
} from "../../ports/Model.js"
import * as OpenAi from "../../ports/OpenAi.js"
import { unprocessable } from "../Failure.js"

/** The settings that every model knows, each with a test of its value. */
const settings = {
  frequency_penalty: Predicate.isNumber,
  max_tokens: Predicate.isNumber,
  presence_penalty: Predicate.isNumber,
  seed: Predicate.isNumber,
  stop: (value: unknown) => typeof value === "string" || Array.isArray(value),
  temperature: Predicate.isNumber,
  top_p: Predicate.isNumber
}

const isSetting = (name: string): name is keyof typeof settings => Object.hasOwn(settings, name)

/** The members that the engine reads itself. */
const structural = new Set([
  "model",
  "messages",
  "prompt",
  "tools",
  "tool_choice",
  "stream",
  "stream_options",
  "response_format",
  "max_completion_tokens"
])

/** Members that change the answer in a way that no reply of a model has, with a test for the values that do so. */
const beyond: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value !== 1,
  logprobs: (value) => value !== false,
  top_logprobs: (value) => value !== 0,
  modalities: (value) => !(Array.isArray(value) && value.every((modality) => modality === "text")),
  audio: () => true,
  functions: () => true,
  function_call: () => true,
  web_search_options: () => true
}

const isToolChoice = is(ToolChoice)

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

/** The first member that the model cannot honour. */
const beyondReach = (request: JsonObject): OpenAiError | undefined => {
  const name = Object.keys(beyond).find((name) => isGiven(request[name]) && beyond[name]?.(request[name]))
  return name === undefined
    ? undefined
    : OpenAi.unsupportedParameter(name, "the model of this engine does not support it.")
}

const formatOf = (format: unknown): Either.Either<ModelSettings["response_format"], OpenAiError> => {
  if (!Predicate.isRecord(format)) return Either.right(undefined)
  const { json_schema, schema, type } = format
  const given = Predicate.isRecord(json_schema) ? json_schema["schema"] : schema
  switch (type) {
    case undefined:
    case "text":
      return Either.right({ type: "text" })
    case "json_object":
    case "json_schema":
      return Either.right({ type: "json_object", ...(Predicate.isRecord(given) ? { schema: given } : {}) })
    default:
      return Either.left(
        OpenAi.unsupportedParameter("response_format.type", "must be text, json_object or json_schema.")
      )
  }
}

const choiceOf = (choice: unknown): Either.Either<Pick<ModelRequest, "tool_choice">, OpenAiError> => {
  if (!isGiven(choice)) return Either.right({})
  return isToolChoice(choice)
    ? Either.right({ tool_choice: choice })
    : Either.left(OpenAi.unsupportedParameter("tool_choice", 'must be "none", "auto", "required" or name a function.'))
}

/** A tool of another type than a function would vanish. */
const foreignTool = (tools: ReadonlyArray<JsonObject>): OpenAiError | undefined => {
  const index = tools.findIndex(({ function: called }) => !Predicate.isRecord(called))
  return index === -1
    ? undefined
    : OpenAi.unsupportedParameter(
        `tools[${index}]`,
        "the model of this engine supports tools of the type function only."
      )
}

/** The request to the model, with messages and tools of the caller. */
export const modelRequestOf = (
  request: JsonObject & { readonly model: string },
  rest: Pick<ModelRequest, "messages" | "tools">
): Either.Either<ModelRequest, OpenAiError> => {
  const refused = beyondReach(request)
  if (refused !== undefined) return Either.left(refused)
  const given = Object.entries(request).filter(([name, value]) => !structural.has(name) && isGiven(value))
  const fits = ([name, value]: readonly [string, unknown]) => isSetting(name) && settings[name](value)
  const { max_completion_tokens, model, response_format, tool_choice } = request
  return Either.map(
    Either.all([formatOf(response_format), choiceOf(tool_choice)]),
    ([format, choice]): ModelRequest => ({
      ...rest,
      ...choice,
      model,
      settings: {
        ...(Predicate.isNumber(max_completion_tokens) ? { max_tokens: max_completion_tokens } : {}),
        ...Object.fromEntries(given.filter(fits)),
        ...(format === undefined ? {} : { response_format: format })
      },
      extra: Object.fromEntries(given.filter((entry) => !fits(entry))),
      // The clients of `/v1` retry by themselves.
      once: true
    })
  )
}

const decodeChat = decoder(CreateChatCompletion)

/** The request to the model that a chat completion asks for. */
export const chatRequestOf = Effect.fnUntraced(function* (
  body: JsonObject & { readonly model: string }
): Effect.fn.Return<ModelRequest, UnprocessableRequest | OpenAiError> {
  const request = yield* Either.mapLeft(decodeChat(body), (error) => {
    const issues = issuesOf(error)
    return new UnprocessableRequest({ message: issuesText(issues), issues, status: 422 })
  })
  const tools = request.tools ?? []
  const foreign = foreignTool(tools)
  if (foreign !== undefined) return yield* foreign
  const messages = yield* Either.mapLeft(OpenAi.messagesFrom(request.messages), ({ message, path, unsupported }) =>
    unsupported === true ? OpenAi.unsupportedParameter(path, message) : unprocessable(path, message)
  )
  return yield* modelRequestOf(body, { messages, tools: OpenAi.toolsFrom(tools) })
})

/** What every completion and every chunk of one begins with. */
export interface Heading {
  readonly id: string
  readonly created: number
  readonly model: string
}

/** Usage with the details that OpenAI's schema has. Nothing is cached, and no tokens are of audio or hidden thoughts. */
export const usageOf = ({ completion_tokens, prompt_tokens, total_tokens }: ModelUsage) => ({
  prompt_tokens,
  completion_tokens,
  total_tokens,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0
  }
})

/** A reply as a chat completion. */
export const completionOf = (heading: Heading, reply: ModelReply): JsonObject => ({
  ...heading,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: {
        ...reply.extra,
        role: "assistant",
        content: reply.content,
        refusal: null,
        ...(reply.tool_calls.length === 0 ? {} : { tool_calls: reply.tool_calls.map(OpenAi.callOf) })
      },
      logprobs: null,
      finish_reason: reply.finish_reason
    }
  ],
  usage: usageOf(reply.usage)
})

/** Whether the request asks for the usage of a stream. */
export const wantsUsage = ({ stream_options }: JsonObject): boolean =>
  Predicate.isRecord(stream_options) && stream_options["include_usage"] === true

/** The last chunk of a stream whose usage is asked for; every other chunk has null there. */
export const usageChunk = (chunk: JsonObject, usage: ModelUsage): JsonObject => ({
  ...chunk,
  choices: [],
  usage: usageOf(usage)
})

/** The events of a reply as chunks. The first delta has the role. */
export const chunksOf = (
  heading: Heading,
  events: Stream.Stream<ModelEvent, ModelError>,
  includeUsage: boolean
): Stream.Stream<JsonObject, ModelError> =>
  Stream.suspend(() => {
    let calls = 0
    let begun = false
    const base = { ...heading, object: "chat.completion.chunk" }
    const chunk = (delta: JsonObject, finish_reason: string | null = null): JsonObject => {
      const role = begun ? {} : { role: "assistant" }
      begun = true
      return {
        ...base,
        choices: [{ index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason }],
        ...(includeUsage ? { usage: null } : {})
      }
    }
    return Stream.mapConcat(events, (event): ReadonlyArray<JsonObject> => {
      switch (event._tag) {
        case "Text":
          return [chunk({ content: event.text })]
        case "Call": {
          const delta = { tool_calls: [{ index: calls++, ...OpenAi.callOf(event.call) }] }
          return [chunk(begun ? delta : { content: null, ...delta })]
        }
        case "End": {
          const last = chunk(event.extra ?? {}, event.finish_reason)
          return includeUsage ? [last, usageChunk(base, event.usage)] : [last]
        }
      }
    })
  })
