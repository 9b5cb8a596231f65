/** Answers of `/v1`: those of an endpoint as they came, those of the engine as JSON and events, errors in OpenAI's form. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import { OpenAiError } from "../ports/Model.js"
import type { Answering, CompletionsFailure, Head, StreamedAnswer, WholeAnswer } from "../usecases/chat/Answering.js"
import { Idempotency, type Reply } from "../usecases/Idempotency.js"
import { ENGINE_FAILED, logFailure, retryAfterOf, toOpenAiBody, toWire, type WireFailure } from "./errors.js"
import { developerOf, HEADERS_WITHIN, keyedOf } from "./respond.js"
import * as ServerSentEvents from "./ServerSentEvents.js"
import { StreamAdmission } from "./StreamAdmission.js"

const JSON_TYPE = "application/json"
const EVENTS_TYPE = "text/event-stream"

const decoder = new TextDecoder()

/** The headers of a response, without its content type. */
const splitHead = ({ headers: { "content-type": contentType = JSON_TYPE, ...headers }, status }: Head) => ({
  contentType,
  headers,
  status
})

/** A failure of an endpoint is logged with its status alone: its text may quote the request. */
const logRefusal = ({ message, status }: OpenAiError): Effect.Effect<void> =>
  status < 500 ? Effect.void : Effect.logError(message)

const refusal = (error: OpenAiError): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.as(
    logRefusal(error),
    HttpServerResponse.unsafeJson(error.body, { status: error.status, headers: { ...error.headers } })
  )

const eventOf = (failure: OpenAiError | WireFailure): Uint8Array => {
  if (!(failure instanceof OpenAiError)) {
    return ServerSentEvents.encodeError(toOpenAiBody(failure), failure.status ?? 500, retryAfterOf(failure))
  }
  const pause = Number(failure.headers["retry-after"])
  return ServerSentEvents.encodeError(failure.body, failure.status, Number.isFinite(pause) ? pause : undefined)
}

const meaningOf = (failure: CompletionsFailure): Effect.Effect<OpenAiError | WireFailure> =>
  failure instanceof OpenAiError ? Effect.succeed(failure) : toWire(failure)

/** The last event of a stream that fails. */
const lastEvent = (cause: Cause.Cause<CompletionsFailure>): Effect.Effect<Uint8Array> =>
  Either.match(Cause.failureOrCause(cause), {
    onLeft: meaningOf,
    onRight: (): Effect.Effect<OpenAiError | WireFailure> => Effect.succeed(ENGINE_FAILED)
  }).pipe(
    Effect.tap((error) =>
      error instanceof OpenAiError ? logRefusal(error) : logFailure("A stream failed", error, cause)
    ),
    Effect.map(eventOf)
  )

const failing = (bytes: Stream.Stream<Uint8Array, CompletionsFailure>): Stream.Stream<Uint8Array, CompletionsFailure> =>
  Stream.catchAllCause(bytes, (cause) =>
    Cause.isInterrupted(cause) ? Stream.failCause(cause) : Stream.fromEffect(lastEvent(cause))
  )

/** The data of events that arrive together as one piece: their reader wakes up and decodes once. */
const encoded = (events: Stream.Stream<string, CompletionsFailure>): Stream.Stream<Uint8Array, CompletionsFailure> =>
  Stream.concat(
    Stream.mapChunks(events, (chunk) =>
      Chunk.isEmpty(chunk)
        ? Chunk.empty<Uint8Array>()
        : Chunk.of(ServerSentEvents.encodeAll(Chunk.toReadonlyArray(chunk)))
    ),
    Stream.sync(() => ServerSentEvents.encode("[DONE]"))
  )

const streamed = (
  bytes: Stream.Stream<Uint8Array, CompletionsFailure>,
  head: Head | undefined,
  late: boolean
): HttpServerResponse.HttpServerResponse => {
  const { contentType, headers, status } = splitHead(head ?? { status: 200, headers: { "content-type": EVENTS_TYPE } })
  // A comment lets the headers leave at once.
  const begun =
    late && contentType.includes(EVENTS_TYPE) ? Stream.concat(Stream.make(ServerSentEvents.keepAlive), bytes) : bytes
  return HttpServerResponse.stream(failing(begun), {
    status,
    contentType,
    headers: { ...headers, "cache-control": "no-cache" }
  })
}

const respond = (answer: WholeAnswer | StreamedAnswer, late: boolean): HttpServerResponse.HttpServerResponse => {
  switch (answer._tag) {
    case "Json":
      return HttpServerResponse.unsafeJson(answer.json)
    case "Relayed":
      return HttpServerResponse.uint8Array(answer.body, splitHead(answer.head))
    case "Bytes":
      return streamed(answer.events, answer.head, late)
    case "Events":
      return streamed(encoded(answer.events), undefined, late)
  }
}

/** What a key keeps of a whole answer. Stored text cannot hold U+0000, which no JSON holds either. */
const replyOf = (answer: WholeAnswer): Reply =>
  answer._tag === "Relayed"
    ? { status: answer.head.status, body: decoder.decode(answer.body).replaceAll("\0", "\ufffd") }
    : { status: 200, body: JSON.stringify(answer.json) }

/** Answers a request of `/v1`. Under a key, a whole answer is kept, and given again. */
export const answerOpenAi = Effect.fnUntraced(
  function* (request: HttpServerRequest.HttpServerRequest, answering: Answering) {
    const began = yield* Clock.currentTimeMillis
    const developer = yield* developerOf(request)
    if (answering._tag === "Whole") {
      const keyed = yield* keyedOf(request, developer)
      if (keyed !== undefined) {
        const { body, status } = yield* Effect.flatMap(Idempotency, ({ once }) =>
          once(keyed, false, () => Effect.map(answering.run, replyOf))
        )
        return HttpServerResponse.text(body, { status, contentType: JSON_TYPE })
      }
    } else {
      yield* Effect.flatten(StreamAdmission)
    }
    const answer = yield* answering.run
    return respond(answer, (yield* Clock.currentTimeMillis) - began >= HEADERS_WITHIN)
  },
  Effect.catchAll((failure) =>
    failure instanceof OpenAiError ? refusal(failure) : Effect.flatMap(toWire(failure), (error) => Effect.fail(error))
  )
)
