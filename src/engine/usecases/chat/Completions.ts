/** `/v1`: the model itself, without agents, history or recall. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ToolChoice } from "../../../schema/Chat.js"
import type {
  ChatCompletion,
  ChatCompletionChunk,
  Completion,
  CompletionChunk,
  CreateChatCompletion,
  CreateCompletion,
  Model as ModelEntry
} from "../../../schema/ChatCompletion.js"
import type { JsonObject } from "../../../schema/Field.js"
import { Ids } from "../../ports/Ids.js"
import { Model, type ModelEvent, type ModelRequest } from "../../ports/Model.js"
import * as OpenAi from "../../ports/OpenAi.js"
import { unprocessable } from "../Failure.js"
import { ModelName } from "../ModelName.js"

const isToolChoice = Schema.is(ToolChoice)

/** The settings that every endpoint knows, each with a test of its value. */
const settings = {
  frequency_penalty: Predicate.isNumber,
  max_tokens: Predicate.isNumber,
  presence_penalty: Predicate.isNumber,
  seed: Predicate.isNumber,
  stop: (value: unknown) => typeof value === "string" || Array.isArray(value),
  temperature: Predicate.isNumber,
  top_p: Predicate.isNumber
}

const structural = new Set(["model", "messages", "prompt", "tools", "tool_choice", "stream", "stream_options"])

type Members = { readonly model: string; readonly [member: string]: unknown }

const isSetting = (name: string): name is keyof typeof settings => Object.hasOwn(settings, name)

/** Splits a request into the settings that every endpoint knows and the rest, which is passed on unchanged. */
const membersOf = (request: Members) => {
  const given = Object.entries(request).filter(([name, value]) => !structural.has(name) && value != null)
  const fits = ([name, value]: readonly [string, unknown]) => isSetting(name) && settings[name](value)
  const extra: JsonObject = Object.fromEntries(given.filter((entry) => !fits(entry)))
  return { settings: Object.fromEntries(given.filter(fits)), extra }
}

/** OpenAI-compatible completions of the engine's model. */
export const make = Effect.gen(function* () {
  const model = yield* Model
  const names = yield* ModelName
  const ids = yield* Ids

  const modelRequest = (request: Members, rest: Pick<ModelRequest, "messages" | "tools">): ModelRequest => {
    const { extra, settings } = membersOf(request)
    const choice = request["tool_choice"]
    return {
      ...rest,
      settings,
      // The clients of `/v1` retry by themselves.
      once: true,
      model: names.resolve(request.model),
      ...(isToolChoice(choice)
        ? { extra, tool_choice: choice }
        : { extra: choice == null ? extra : { ...extra, tool_choice: choice } })
    }
  }

  const chatRequest = (request: CreateChatCompletion) =>
    Either.match(OpenAi.messagesFrom(request.messages), {
      onLeft: ({ message, path }) => Effect.fail(unprocessable(path, message)),
      onRight: (messages) =>
        Effect.succeed(modelRequest(request, { messages, tools: OpenAi.toolsFrom(request.tools ?? []) }))
    })

  const textRequest = (request: CreateCompletion) => {
    const prompts = typeof request.prompt === "string" ? [request.prompt] : request.prompt
    const [prompt] = prompts
    return prompts.length === 1 && typeof prompt === "string"
      ? Effect.succeed(modelRequest(request, { messages: [{ role: "user", content: prompt }], tools: [] }))
      : Effect.fail(unprocessable("prompt", "must be one string, or a list of one"))
  }

  /** The members that every completion and every chunk begins with. */
  const heading = (prefix: string, request: Members) =>
    Effect.map(Effect.all([ids.next, Clock.currentTimeMillis]), ([id, now]) => ({
      id: `${prefix}-${id}`,
      created: Math.floor(now / 1000),
      model: request.model
    }))

  return {
    chat: Effect.fnUntraced(function* (request: CreateChatCompletion) {
      const reply = yield* model.complete(yield* chatRequest(request))
      const calls = reply.tool_calls.length === 0 ? {} : { tool_calls: reply.tool_calls.map(OpenAi.callOf) }
      const completion: ChatCompletion = {
        ...(yield* heading("chatcmpl", request)),
        object: "chat.completion",
        choices: [
          {
            index: 0,
            message: { ...reply.extra, role: "assistant", content: reply.content, ...calls },
            finish_reason: reply.finish_reason
          }
        ],
        usage: reply.usage
      }
      return completion
    }),
    chatStream: (request: CreateChatCompletion) =>
      Effect.map(Effect.all([chatRequest(request), heading("chatcmpl", request)]), ([sent, head]) => {
        let calls = 0
        const chunk = (delta: JsonObject, finish_reason: string | null = null): ChatCompletionChunk => ({
          ...head,
          object: "chat.completion.chunk",
          choices: [{ index: 0, delta, finish_reason }]
        })
        const toChunk = (event: ModelEvent): ChatCompletionChunk => {
          switch (event._tag) {
            case "Text":
              return chunk({ content: event.text })
            case "Call":
              return chunk({ tool_calls: [{ index: calls++, ...OpenAi.callOf(event.call) }] })
            case "End":
              return { ...chunk(event.extra ?? {}, event.finish_reason), usage: event.usage }
          }
        }
        return Stream.concat(
          Stream.make(chunk({ role: "assistant", content: "" })),
          Stream.map(model.stream(sent), toChunk)
        )
      }),
    text: Effect.fnUntraced(function* (request: CreateCompletion) {
      const reply = yield* model.complete(yield* textRequest(request))
      const completion: Completion = {
        ...(yield* heading("cmpl", request)),
        object: "text_completion",
        choices: [{ index: 0, text: reply.content ?? "", finish_reason: reply.finish_reason }],
        usage: reply.usage
      }
      return completion
    }),
    textStream: (request: CreateCompletion) =>
      Effect.map(Effect.all([textRequest(request), heading("cmpl", request)]), ([sent, head]) =>
        Stream.map(model.stream(sent), (event): CompletionChunk => {
          const text = event._tag === "Text" ? event.text : ""
          const finish_reason = event._tag === "End" ? event.finish_reason : null
          return {
            ...head,
            object: "text_completion",
            choices: [{ index: 0, text, finish_reason }],
            ...(event._tag === "End" ? { usage: event.usage } : {})
          }
        })
      ),
    models: Effect.map(
      model.list,
      (models): ReadonlyArray<ModelEntry> => models.map((id) => ({ id, object: "model", owned_by: "effect-julep" }))
    )
  }
})
