/**
 * The built-in model. It quotes the text of the prompt and needs neither a network nor a key. It stands in for a real
 * model on a fresh machine and in tests, and its replies say so.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { JsonObject } from "../../schema/Field.js"
import {
  eventsOf,
  Model,
  ModelError,
  type ModelMessage,
  type ModelReply,
  type ModelRequest,
  type ModelTool
} from "../ports/Model.js"
import { countContent, estimateTokens } from "../ports/Tokenizer.js"
import type { QuotedAnswer } from "./offline/compose.js"
import { readConversation } from "./offline/conversation.js"
import { fillObject, fillSchema, type Source } from "./offline/fill.js"
import { takesText, takesTexts } from "./offline/fillText.js"
import { limit } from "./offline/limits.js"
import { answerTo } from "./offline/reply.js"
import { isObject, resolveSchema } from "./offline/resolveSchema.js"
import { Words } from "./offline/stems.js"

/** The line that the layer logs once, when it is built. */
export const OFFLINE_NOTICE =
  "Replies come from the offline model, a stand-in that only quotes its prompt. Configure a real model with the option " +
  "`model: { url, apiKey, name }`. An engine that is not in memory also reads MODEL_INFERENCE_URL and OPENAI_API_KEY."

/** The FNV-1a hash of a text. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}

const answerName = /^(?:answer|reply|response|text|content|message|result|output|summary)$/i
const sourceName = /^(?:sources?|references|citations)$/i

/** Whether a schema says nothing about the members of an object. */
const isOpen = (schema: JsonObject): boolean =>
  !Object.keys(schema).some((keyword) => !["$schema", "description", "title", "type"].includes(keyword)) &&
  (schema.type ?? "object") === "object"

/** The answer as JSON of the schema, or else as an object with `answer` and `sources`. */
const asJson = (answer: QuotedAnswer, schema: JsonObject | undefined, source: Source): string => {
  if (schema === undefined || isOpen(schema)) return JSON.stringify({ answer: answer.text, sources: answer.sources })
  const value = fillSchema(schema, source)
  if (!isObject(value)) return JSON.stringify(value)
  const { properties } = resolveSchema(schema, schema)
  const propertyOf = (name: string): JsonObject => {
    const property = isObject(properties) ? properties[name] : undefined
    return isObject(property) ? resolveSchema(property, schema) : {}
  }
  const members = Object.entries(value).map(([name, filled]): readonly [string, unknown] => {
    const property = propertyOf(name)
    if (answerName.test(name) && typeof filled === "string" && takesText(property, answer.text)) {
      return [name, answer.text]
    }
    return sourceName.test(name) && takesTexts(property, answer.sources) ? [name, answer.sources] : [name, filled]
  })
  return JSON.stringify(Object.fromEntries(members))
}

/** Makes the offline model. It accepts any model name, because it stands in for all of them. */
export const make = (): Model.Service => {
  const words = new Words()
  const promptTokens = (messages: ReadonlyArray<ModelMessage>): number =>
    messages.reduce((sum, { content }) => sum + (content === null ? 0 : countContent(content)), 0)

  const reply = (request: ModelRequest, completion: number, rest: Omit<ModelReply, "usage">): ModelReply => {
    const prompt = promptTokens(request.messages)
    return {
      ...rest,
      usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
    }
  }

  /** The tool that shares most words with the question; of equals, the first. */
  const bestTool = (tools: ReadonlyArray<ModelTool>, question: string): ModelTool | undefined => {
    const asked = new Set(words.of(question))
    const shared = ({ description = "", name }: ModelTool) =>
      new Set(words.of(`${name.replaceAll(/[_-]/g, " ")} ${description}`).filter((word) => asked.has(word))).size
    return tools.reduce<ModelTool | undefined>(
      (best, tool) => (best === undefined || shared(tool) > shared(best) ? tool : best),
      undefined
    )
  }

  const call = (
    request: ModelRequest,
    choice: Exclude<ModelRequest["tool_choice"], undefined>,
    source: Source
  ): Effect.Effect<ModelReply, ModelError> => {
    const name = typeof choice === "object" ? choice.function.name : undefined
    const tool =
      name === undefined ? bestTool(request.tools, source.question) : request.tools.find((one) => one.name === name)
    if (tool === undefined) {
      const message =
        name === undefined
          ? 'tool_choice "required" needs a tool, and the request has none.'
          : `tool_choice must name one of the tools of the request, not "${name}".`
      return new ModelError({ reason: "invalid_request", message })
    }
    const text = JSON.stringify(fillObject(tool.parameters, source, "required"))
    const tokens = estimateTokens(tool.name + text)
    // A call is made only if all of it fits.
    if (tokens > (request.settings.max_tokens ?? Number.POSITIVE_INFINITY)) {
      return Effect.succeed(reply(request, 0, { content: "", tool_calls: [], finish_reason: "length" }))
    }
    const id = `call_${hash(`${request.messages.length} ${tool.name} ${text}`)}`
    return Effect.succeed(
      reply(request, tokens, {
        content: null,
        tool_calls: [{ id, name: tool.name, arguments: text }],
        finish_reason: "tool_calls"
      })
    )
  }

  const complete = (request: ModelRequest): Effect.Effect<ModelReply, ModelError> => {
    const { settings, tool_choice } = request
    const conversation = readConversation(request.messages)
    const source: Source = { question: conversation.question, earlier: conversation.earlier, words }
    const mustCall = tool_choice === "required" || typeof tool_choice === "object"
    if (mustCall && conversation.results.length === 0) return call(request, tool_choice, source)
    const answer = answerTo(conversation, words)
    const wantsJson = settings.response_format?.type === "json_object"
    const text = wantsJson ? asJson(answer, settings.response_format?.schema, source) : answer.text
    const limited = limit(text, settings.stop, settings.max_tokens, estimateTokens)
    return Effect.succeed(
      reply(request, estimateTokens(limited.text), {
        content: limited.text,
        tool_calls: [],
        finish_reason: limited.finish_reason
      })
    )
  }

  return {
    instructable: false,
    complete: (request) => Effect.suspend(() => complete(request)),
    stream: (request) =>
      Stream.unwrap(
        Effect.map(
          Effect.suspend(() => complete(request)),
          eventsOf
        )
      ),
    list: Effect.succeed(["offline"])
  }
}

/** The offline model as the model of the engine. Building it logs {@link OFFLINE_NOTICE}. */
export const layer: Layer.Layer<Model> = Layer.effect(Model, Effect.as(Effect.logInfo(OFFLINE_NOTICE), make()))
