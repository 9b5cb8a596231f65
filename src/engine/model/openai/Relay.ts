/** Passes requests of `/v1` on to an endpoint, and its answers back as they came. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RequestError } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import { BufferedResponse } from "../../../transport/BufferedResponse.js"
import { answerError } from "../../../transport/errors.js"
import type { OpenResponse } from "../../../transport/relay.js"
import { SseDecoder } from "../../../transport/Sse.js"
import {
  type ModelError,
  OpenAiError,
  type Relay,
  type RelayAnswer,
  type RelayError,
  type RelayRequest
} from "../../ports/Model.js"
import { errorTypeOf } from "../../ports/OpenAi.js"
import { Bounded } from "../../text/Bounded.js"
import type { Endpoint } from "./Endpoint.js"
import { EventPieces } from "./EventPieces.js"
import { type FailedCall, toModelError } from "./errors.js"
import {
  type Answered,
  errorWithin,
  isBodiless,
  isError,
  keptHeaders,
  mayHoldError,
  noAnswer,
  openAiError,
  reportsError
} from "./relayErrors.js"
import { textAsChat } from "./TextAsChat.js"

/** The endpoint has nothing at the path of a request. `error` says so in its own words. */
class NoSuchPath extends Data.TaggedError("NoSuchPath")<{ readonly error: OpenAiError }> {}

/** A relay whose caller may know what to do where the path does not exist. */
type Send = (request: RelayRequest) => Effect.Effect<RelayAnswer, RelayError | NoSuchPath, Scope.Scope>

const NOT_FOUND = 404
const METHOD_NOT_ALLOWED = 405

/** How OpenAI refuses a chat model at `/completions`. */
const chatOnly = /chat model/i

/** How many bytes of comments wait for the first event, and for how many milliseconds. */
const COMMENTS = 100_000
const COMMENTS_FOR = Duration.toMillis("15 seconds")

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The texts of events, each with the blank line after it. */
const eventTexts = (text: string): ReadonlyArray<string> => text.split(/(?<=\r\n\r\n|\n\n|\r\r)/)

const dataOf = (text: string): ReadonlyArray<string> => {
  const sse = new SseDecoder()
  return [...sse.push(encoder.encode(text)), ...sse.end()].map(({ data }) => data)
}

/** Events as they came; only of those that report an error, secrets are removed. */
const redacted = (piece: Uint8Array, redact: (text: string) => string): Uint8Array => {
  const text = decoder.decode(piece)
  if (!mayHoldError(text)) return piece
  const events = eventTexts(text).map((event) => (dataOf(event).some(reportsError) ? redact(event) : event))
  return encoder.encode(events.join(""))
}

/** The events of a body, in pieces that end where an event ends. What follows the last event is lost with the connection. */
const eventPieces = (
  pieces: Stream.Stream<Uint8Array, RequestError>,
  redact: (text: string) => string
): Stream.Stream<Uint8Array, RequestError> =>
  Stream.suspend(() => {
    const events = new EventPieces()
    const whole = (piece: Uint8Array | undefined) => (piece === undefined ? [] : [redacted(piece, redact)])
    return pieces.pipe(
      Stream.mapChunks(Chunk.flatMap((bytes) => Chunk.unsafeFromArray(whole(events.push(bytes))))),
      Stream.concat(Stream.suspend(() => Stream.fromIterable(whole(events.end()))))
    )
  })

/** A relay to an endpoint of this kind. */
const make = (endpoint: Endpoint, kind: FailedCall["kind"]): Send => {
  const { host, redact } = endpoint

  const unanswered = ({ body }: RelayRequest) => {
    const call = { host, kind, name: String(body?.["model"]), retried: false }
    return (error: RequestError): ModelError => toModelError(error, call)
  }

  /** Whether a refusal means that the endpoint does not serve the path at all, or not for this model. */
  const refusesPath = (response: BufferedResponse, request: RelayRequest, now: number): boolean => {
    if (response.status === METHOD_NOT_ALLOWED) return true
    if (response.status !== NOT_FOUND) return false
    if (request.path === "/completions" && chatOnly.test(response.bodyText)) return true
    const call = { method: "POST", path: request.path }
    const { error } = answerError(response, { call, redact, noRouteAdvice: undefined, now })
    return unanswered(request)(error).reason !== "unknown_model"
  }

  const refuse = (response: BufferedResponse, request: RelayRequest, answered: Answered) =>
    Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<never, RelayError | NoSuchPath> => {
      if (!isError(response.status)) return Effect.fail(noAnswer(host, response.status))
      const error = openAiError(response.bodyText, response.status, answered)
      return Effect.fail(refusesPath(response, request, now) ? new NoSuchPath({ error }) : error)
    })

  const whole = (response: BufferedResponse, request: RelayRequest) => {
    const answered = { host, redact, headers: response.headers }
    if (response.status < 200 || response.status >= 300) return refuse(response, request, answered)
    const text = response.bodyText
    const error = errorWithin(text, answered)
    if (error !== undefined) return Effect.fail(error)
    const { status } = response
    // A reply may hold an error beside it.
    const body = mayHoldError(text) && reportsError(text) ? encoder.encode(redact(text)) : response.body
    return Effect.succeed({ status, headers: keptHeaders(response.headers, redact), body })
  }

  /**
   * Waits for the first event: an error in it has a status. Comments that come before are passed on with it, but not
   * kept for long: they keep the connections on their way open.
   */
  const streamed = (response: OpenResponse, request: RelayRequest) =>
    Effect.gen(function* () {
      const { headers, pieces, status } = response
      const events = Stream.mapError(eventPieces(pieces, redact), unanswered(request))
      const pull = yield* Stream.toPull(events)
      const deadline = (yield* Clock.currentTimeMillis) + COMMENTS_FOR
      const begun: Array<Uint8Array> = []
      let size = 0
      const next: Effect.Effect<ReadonlyArray<string>, ModelError> = Effect.matchEffect(pull, {
        onFailure: Option.match({ onNone: () => Effect.succeed([]), onSome: (error) => Effect.fail(error) }),
        onSuccess: (chunk) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            begun.push(...chunk)
            for (const { length } of chunk) size += length
            const data = Chunk.toReadonlyArray(chunk).flatMap((piece) => dataOf(decoder.decode(piece)))
            return data.length > 0 || size > COMMENTS || now >= deadline ? Effect.succeed(data) : next
          })
      })
      const [first] = yield* next
      const error = first === undefined ? undefined : errorWithin(first, { host, headers, redact })
      if (error !== undefined) return yield* error
      const body = Stream.concat(Stream.fromIterable(begun), Stream.fromPull(Effect.succeed(pull)))
      return { status, headers: keptHeaders(headers, redact), body }
    })

  const answered = (request: RelayRequest) =>
    Effect.flatMap(
      Effect.mapError(endpoint.relay(request), unanswered(request)),
      (response): Effect.Effect<RelayAnswer, RelayError | NoSuchPath, Scope.Scope> => {
        if (isBodiless(response.status)) return Effect.fail(noAnswer(host, response.status))
        return response instanceof BufferedResponse ? whole(response, request) : streamed(response, request)
      }
    )

  return (request) =>
    Effect.gen(function* () {
      // A call gives up its place at the endpoint when it ends, though its caller may go on to the next one.
      const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
      const end = Scope.close(scope, Exit.void)
      const answer = yield* Effect.onError(Scope.extend(answered(request), scope), () => end)
      if (answer.body instanceof Uint8Array) return yield* Effect.as(end, answer)
      return { ...answer, body: Stream.ensuring(answer.body, end) }
    })
}

/** The error of a request to a path that the endpoint does not have. */
const noSuchPath = (host: string, path: string, said: unknown): OpenAiError => {
  const advice = path === "/responses" ? "Use /v1/chat/completions instead." : "Does its URL lack /v1?"
  const message = `The endpoint ${host} has no ${path}. ${advice}${typeof said === "string" ? ` (${said})` : ""}`
  return new OpenAiError({
    status: NOT_FOUND,
    headers: {},
    body: { error: { message, type: errorTypeOf(NOT_FOUND), param: null, code: "unknown_url" } },
    message: `The endpoint ${host} has no ${path}`
  })
}

/** A relay that says which path the endpoint lacks. */
const named =
  (host: string, send: Send): Relay =>
  (request) =>
    Effect.catchTag(send(request), "NoSuchPath", ({ error }) =>
      Effect.fail(noSuchPath(host, request.path, error.body.error["message"]))
    )

/** How many models an endpoint is remembered for. */
const MODELS = 1000

/** The relay to the endpoint of a model. Where it or the model has no text completions, chats answer them. */
export const toModel = (endpoint: Endpoint): Relay => {
  const send = make(endpoint, "model")
  const relay = named(endpoint.host, send)
  const chatsOnly = new Bounded<string, true>(MODELS)
  const asChat = (body: JsonObject) => textAsChat((chat) => relay({ path: "/chat/completions", body: chat }), body)
  return (request) => {
    const { body, path } = request
    if (path !== "/completions" || body === undefined) return relay(request)
    const model = String(body["model"])
    return Effect.suspend(() =>
      chatsOnly.get(model) === true
        ? asChat(body)
        : Effect.catchTag(send(request), "NoSuchPath", () => {
            chatsOnly.set(model, true)
            return asChat(body)
          })
    )
  }
}

/** The relay to an endpoint of embeddings. */
export const toEmbedder = (endpoint: Endpoint): Relay => named(endpoint.host, make(endpoint, "embeddings"))
