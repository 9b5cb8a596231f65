/** A model behind any endpoint that speaks OpenAI's chat completions: OpenAI, vLLM, Ollama, llama.cpp or a gateway. */
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { decoder } from "../../schema/Compiled.js"
import { type RequestError, ServerError } from "../../schema/Errors.js"
import { ModelList } from "../../schema/OpenAi.js"
import { retryAfterOf } from "../../transport/errors.js"
import {
  isCutShort,
  isEmpty,
  type Model,
  ModelError,
  type ModelEvent,
  type ModelReply,
  type ModelRequest
} from "../ports/Model.js"
import { type Count, countContent, type Tokenizer } from "../ports/Tokenizer.js"
import * as Endpoint from "./openai/Endpoint.js"
import { toModelError } from "./openai/errors.js"
import { events } from "./openai/events.js"
import * as Relay from "./openai/Relay.js"
import { ReplyReader, type Source } from "./openai/ReplyReader.js"
import { type BodyOptions, bodyOf } from "./openai/RequestBody.js"
import { toReply } from "./openai/reply.js"

/** How to call an endpoint, and the members that it accepts. */
export interface EndpointOptions extends Endpoint.EndpointOptions, BodyOptions {}

const PATH = "/chat/completions"

const decodeModels = decoder(Schema.parseJson(ModelList))

/** The model behind an endpoint. */
export const make = (
  raw: HttpClient.HttpClient,
  tokenizer: Tokenizer.Service,
  options: EndpointOptions
): Model.Service => {
  const endpoint = Endpoint.make(raw, options, ["stream_options"])
  const { host, retries } = endpoint
  const source: Source = { call: { method: "POST", path: endpoint.pathOf(PATH) }, redact: endpoint.redact }

  const failure = (name: string, once = false) => {
    const call = { host, kind: "model", name, retried: retries && !once } as const
    return (error: RequestError) => toModelError(error, call)
  }

  /** The reply that was read, with usage estimated where the endpoint reports none. */
  const replyOf = (reader: ReplyReader, request: ModelRequest, count: Count): Either.Either<ModelReply, ModelError> => {
    const { messages, model, once } = request
    if (reader.failure !== undefined) return Either.left(failure(model, once)(reader.failure))
    const reply = toReply(reader.reply, {
      prompt: () => messages.reduce((sum, { content }) => sum + countContent(content ?? "", count), 0),
      completion: count
    })
    return isEmpty(reply) && !isCutShort(reply.finish_reason)
      ? Either.left(emptyReply(model, reply.finish_reason, retries && once !== true))
      : Either.right(reply)
  }

  const emptyReply = (model: string, finish_reason: string, retried: boolean) =>
    new ModelError({
      reason: "empty_reply",
      ...(retried ? { shouldRetry: false } : {}),
      message: `${model} at ${host} replied with neither text nor a tool call (finish_reason "${finish_reason}"). Ask again.`
    })

  /** What failed within a 200: an error in its body, or a reply of nothing, which another attempt may mend. */
  const failureWithin = (reader: ReplyReader | undefined, error: ModelError): RequestError | undefined =>
    error.reason === "empty_reply" ? new ServerError({ message: error.message, status: 502 }) : reader?.failure

  /** Waits for the next attempt at a reply that failed within a 200, before its first text; else fails. */
  const beforeNext = (reader: ReplyReader | undefined, error: ModelError, number: number, once = false) => {
    const cause = failureWithin(reader, error)
    return cause === undefined || (reader !== undefined && reader.reply.text !== "") || once
      ? Effect.fail(error)
      : Effect.flatMap(
          endpoint.pauseAfter(cause, number),
          Option.match({ onNone: () => Effect.fail(error), onSome: (pause) => Effect.sleep(pause) })
        )
  }

  const unreadable = (cause: unknown) =>
    new ModelError({ reason: "unavailable", message: `The response of ${host} is not a list of models: ${cause}` })

  const bytes = endpoint.stream(
    (transport) => (body) =>
      transport.stream(
        HttpClientRequest.post(PATH).pipe(
          HttpClientRequest.setHeader("accept", "text/event-stream"),
          HttpClientRequest.setBody(HttpBody.unsafeJson(body))
        )
      )
  )

  return {
    instructable: true,
    endpoint: endpoint.base,
    messageNames: options.messageNames ?? false,
    complete: Effect.fn("Model.complete")(function* (request: ModelRequest) {
      const payload = yield* bodyOf(request, options)
      const count = yield* tokenizer.of(request.model)
      for (let number = 1; ; number++) {
        const response = yield* endpoint
          .post(PATH, payload, request.once)
          .pipe(Effect.mapError(failure(request.model, request.once)))
        const now = yield* Clock.currentTimeMillis
        const reader = new ReplyReader({ ...source, retryAfter: retryAfterOf(response, undefined, now) })
        reader.push(response.body)
        reader.end()
        const reply = replyOf(reader, request, count)
        if (Either.isRight(reply)) return reply.right
        yield* beforeNext(reader, reply.left, number, request.once)
      }
    }),
    stream: (request) =>
      Stream.unwrap(
        Effect.zipWith(bodyOf(request, options), tokenizer.of(request.model), (payload, count) => {
          const body = { ...payload, stream: true, stream_options: { include_usage: true } }
          const attempt = (number: number): Stream.Stream<ModelEvent, ModelError> =>
            Stream.suspend(() => {
              let last: ReplyReader | undefined
              const sent = Stream.mapError(bytes(body, request.once), failure(request.model, request.once))
              const written = events(sent, source, (reader) => {
                last = reader
                return replyOf(reader, request, count)
              })
              return Stream.catchAll(written, (error) =>
                Stream.unwrap(Effect.map(beforeNext(last, error, number, request.once), () => attempt(number + 1)))
              )
            })
          return attempt(1)
        })
      ),
    list: endpoint.get("/models").pipe(
      Effect.mapError(failure("")),
      Effect.flatMap(({ bodyText }) => Effect.mapError(decodeModels(bodyText), unreadable)),
      Effect.map(({ data }) => data.map((model) => model.id))
    ),
    relay: Relay.toModel(endpoint)
  }
}
