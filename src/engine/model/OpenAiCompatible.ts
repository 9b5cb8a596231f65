/** A model behind any endpoint that speaks OpenAI's chat completions: OpenAI, vLLM, Ollama, llama.cpp or a gateway. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ChatCompletion, ChatCompletionChunk, ModelList } from "../../schema/ChatCompletion.js"
import type { RequestError } from "../../schema/Errors.js"
import { addCall, type PartialCall, wholeCalls } from "../../schema/toolCalls.js"
import * as EventStream from "../../transport/EventStream.js"
import {
  type Model,
  ModelError,
  type ModelEvent,
  type ModelReply,
  type ModelRequest,
  type ModelUsage
} from "../ports/Model.js"
import * as OpenAi from "../ports/OpenAi.js"
import { countContent, type Tokenizer } from "../ports/Tokenizer.js"
import * as Endpoint from "./openai/Endpoint.js"
import { toModelError } from "./openai/errors.js"
import { type BodyOptions, bodyOf } from "./openai/RequestBody.js"

export interface EndpointOptions extends Endpoint.EndpointOptions, BodyOptions {}

const PATH = "/chat/completions"

const unreadable = (host: string) => (cause: unknown) =>
  new ModelError({ reason: "unavailable", message: `The response of ${host} is not a chat completion: ${cause}` })

const decodeCompletion = Schema.decodeUnknown(ChatCompletion)
const decodeModels = Schema.decodeUnknown(ModelList)

const textOf = (content: ChatCompletion["choices"][number]["message"]["content"]): string | null =>
  content === undefined || content === null || typeof content === "string"
    ? (content ?? null)
    : content.map((part) => (typeof part["text"] === "string" ? part["text"] : "")).join("")

/** The engine reads the first choice only; an endpoint with several interleaves their chunks. */
const firstChoice = ({ choices }: ChatCompletionChunk) => choices.find(({ index }) => (index ?? 0) === 0)

/** The model behind an endpoint. */
export const make = (
  raw: HttpClient.HttpClient,
  tokenizer: Tokenizer.Service,
  options: EndpointOptions
): Model.Service => {
  const endpoint = Endpoint.make(raw, options, ["stream_options"])
  const { host, retries } = endpoint
  const failure = (name: string, once = false) => {
    const asked = { host, kind: "model", name, retried: retries && !once } as const
    return (error: RequestError) => toModelError(error, asked)
  }

  /** The usage that the endpoint reports, estimated where it is missing. */
  const usageOf = (usage: ChatCompletion["usage"], request: ModelRequest, reply: string): ModelUsage => {
    const count = tokenizer.of(request.model)
    const prompt =
      usage?.prompt_tokens ??
      request.messages.reduce((sum, message) => sum + countContent(message.content ?? "", count), 0)
    const completion = usage?.completion_tokens ?? count(reply)
    return {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: usage?.total_tokens ?? prompt + completion
    }
  }

  const replyOf = (completion: ChatCompletion, request: ModelRequest): Effect.Effect<ModelReply, ModelError> => {
    const choice = completion.choices[0]
    if (choice === undefined) return Effect.fail(unreadable(host)("it has no choices"))
    const content = textOf(choice.message.content)
    const calls = (choice.message.tool_calls ?? []).map(OpenAi.callFrom)
    return Effect.succeed({
      content,
      tool_calls: calls,
      finish_reason: choice.finish_reason ?? (calls.length > 0 ? "tool_calls" : "stop"),
      usage: usageOf(completion.usage, request, content ?? "")
    })
  }

  const chunks = endpoint.stream((transport) =>
    EventStream.open(transport, {
      path: PATH,
      event: ChatCompletionChunk,
      text: (chunk) => firstChoice(chunk)?.delta?.content ?? "",
      finishes: (chunk) => Predicate.isNotNullable(firstChoice(chunk)?.finish_reason)
    })
  )

  /** Emits text as it arrives and, at the end, the tool calls, whose deltas arrive in pieces. */
  const eventsFrom = (
    chunks: Stream.Stream<ChatCompletionChunk, ModelError>,
    request: ModelRequest
  ): Stream.Stream<ModelEvent, ModelError> =>
    Stream.suspend(() => {
      let text = ""
      let calls: ReadonlyArray<PartialCall> = []
      let finish: string | undefined
      let usage: ChatCompletion["usage"]
      const written = Stream.mapConcat(chunks, (chunk): ReadonlyArray<ModelEvent> => {
        const choice = firstChoice(chunk)
        const added = choice?.delta?.content ?? ""
        text += added
        calls = (choice?.delta?.tool_calls ?? []).reduce(addCall, calls)
        finish = choice?.finish_reason ?? finish
        usage = chunk.usage ?? usage
        return added === "" ? [] : [{ _tag: "Text", text: added }]
      })
      const ending = Stream.suspend(() =>
        Stream.fromIterable<ModelEvent>([
          ...wholeCalls(calls).map((call, index) => ({ _tag: "Call" as const, call: OpenAi.callFrom(call, index) })),
          {
            _tag: "End",
            finish_reason: finish ?? (calls.length > 0 ? "tool_calls" : "stop"),
            usage: usageOf(usage, request, text)
          }
        ])
      )
      return Stream.concat(written, ending)
    })

  return {
    instructable: true,
    endpoint: options.url,
    complete: Effect.fn("Model.complete")(function* (request: ModelRequest) {
      const payload = yield* bodyOf(request, options)
      const response = yield* endpoint
        .post(PATH, payload, request.once)
        .pipe(Effect.mapError(failure(request.model, request.once)))
      const completion = yield* Effect.mapError(Effect.flatMap(response.json, decodeCompletion), unreadable(host))
      return yield* replyOf(completion, request)
    }),
    stream: (request) =>
      Stream.unwrap(
        Effect.map(bodyOf(request, options), (payload) =>
          eventsFrom(
            Stream.mapError(
              chunks({ ...payload, stream: true, stream_options: { include_usage: true } }, request.once),
              failure(request.model, request.once)
            ),
            request
          )
        )
      ),
    list: endpoint.get("/models").pipe(
      Effect.mapError(failure("")),
      Effect.flatMap((response) => Effect.mapError(Effect.flatMap(response.json, decodeModels), unreadable(host))),
      Effect.map(({ data }) => data.map((model) => model.id))
    )
  }
}
