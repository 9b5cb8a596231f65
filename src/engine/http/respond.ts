/** From a use case to a response: who asks, what is answered, and what a failure is on the wire. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { encoder } from "../../schema/Compiled.js"
import {
  type AnswerError,
  BadRequest,
  NotFound,
  RateLimited,
  ServerError,
  toBody,
  UnprocessableRequest
} from "../../schema/Errors.js"
import type { Failure, ModelError, StorageError } from "../usecases/Failure.js"
import * as ServerSentEvents from "./ServerSentEvents.js"

/** The errors a handler declares: those of the contract. */
export type WireFailure = Exclude<AnswerError, { readonly _tag: "UnexpectedResponse" }>

const NIL = "00000000-0000-0000-0000-000000000000"
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The developer a request acts for: `X-Developer-Id`, else the nil UUID. */
export const developerOf = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<string, UnprocessableRequest> => {
  const developer = (request.headers["x-developer-id"] ?? NIL).toLowerCase()
  if (uuid.test(developer)) return Effect.succeed(developer)
  const message = "X-Developer-Id: expected a UUID"
  return Effect.fail(
    new UnprocessableRequest({ message, issues: [{ path: "X-Developer-Id", message: "expected a UUID" }], status: 422 })
  )
}

const fromStorage = (error: StorageError) => new ServerError({ message: error.message, code: "STORAGE", status: 500 })

const fromModel = (error: ModelError): WireFailure => {
  switch (error.reason) {
    case "unknown_model":
      return new BadRequest({ message: error.message, code: "UNKNOWN_MODEL", status: 400 })
    case "invalid_request":
      return new BadRequest({ message: error.message, code: "MODEL_REFUSED", status: 400 })
    case "rate_limited":
      return new RateLimited({ message: error.message, retryAfter: error.retryAfter, status: 429 })
    case "unauthorized":
    case "unavailable":
      return new ServerError({ message: error.message, code: "MODEL", status: 502 })
  }
}

/** What a failure of a use case is on the wire. */
export const toWire = (failure: Failure): WireFailure => {
  switch (failure._tag) {
    case "StorageError":
      return fromStorage(failure)
    case "ModelError":
      return fromModel(failure)
    case "UnexpectedResponse":
      return new ServerError({ message: failure.message, status: 500 })
    default:
      return failure
  }
}

/** A model that `/v1` is asked for and the endpoint does not have is a resource that is not there. */
export const unknownModelIsNotFound =
  (model: string) =>
  (failure: Failure): Failure =>
    failure._tag === "ModelError" && failure.reason === "unknown_model"
      ? new NotFound({ message: failure.message, resource: "model", id: model, code: "UNKNOWN_MODEL", status: 404 })
      : failure

/**
 * Runs a use case for the developer who asks and encodes what it answers. The schema demands every member, so that
 * the client's tolerance of absent members cannot hide a fault of the engine; a value that does not fit is a bug.
 */
export const answer = <A, I>(schema: Schema.Schema<A, I>, status = 200) => {
  const encode = encoder(schema, { onExcessProperty: "error" })
  return (
    request: HttpServerRequest.HttpServerRequest,
    run: (developer: string) => Effect.Effect<A, Failure>
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, WireFailure> =>
    developerOf(request).pipe(
      Effect.flatMap(run),
      Effect.mapError(toWire),
      Effect.flatMap((value) => Effect.orDie(encode(value))),
      Effect.map((body) => HttpServerResponse.unsafeJson(body, { status }))
    )
}

/**
 * Streams what a use case tells as server-sent events: each event in JSON, `[DONE]` at the end. What fails before the
 * first event has its status; what fails later is told as `{ "error": ... }` and ends the stream.
 */
export const answerStream = <A, I>(schema: Schema.Schema<A, I>) => {
  const encode = encoder(schema, { onExcessProperty: "error" })
  return (
    request: HttpServerRequest.HttpServerRequest,
    run: (developer: string) => Effect.Effect<Stream.Stream<A, Failure>, Failure>
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, WireFailure> =>
    developerOf(request).pipe(
      Effect.flatMap(run),
      Effect.mapError(toWire),
      Effect.map((events) => {
        const told = events.pipe(
          Stream.map((event) =>
            ServerSentEvents.encode(JSON.stringify(Either.getOrThrowWith(encode(event), identity)))
          ),
          Stream.concat(Stream.sync(() => ServerSentEvents.encode("[DONE]"))),
          Stream.catchAll((failure) =>
            Stream.make(ServerSentEvents.encode(JSON.stringify(errorEvent(toWire(failure)))))
          )
        )
        return HttpServerResponse.stream(keptAlive(told), {
          contentType: "text/event-stream",
          headers: { "cache-control": "no-cache" }
        })
      })
    )
}

/** An error inside a stream says the status it would have had. */
const errorEvent = (failure: WireFailure) => {
  const body = toBody(failure)
  return { ...body, error: { ...body.error, status: failure.status ?? 500 } }
}

const SILENCE = Duration.seconds(15)

/** A comment keeps a connection open through silence. */
const keptAlive = (events: Stream.Stream<Uint8Array>): Stream.Stream<Uint8Array> =>
  Stream.merge(events, Stream.as(Stream.drop(Stream.tick(SILENCE), 1), ServerSentEvents.keepAlive), {
    haltStrategy: "left"
  })

/** The envelope of a list whose items have every member. */
export const itemsOf = <A, I>(item: Schema.Schema<A, I>) => {
  const items = answer(Schema.Struct({ items: Schema.Array(item) }))
  return (
    request: HttpServerRequest.HttpServerRequest,
    run: (developer: string) => Effect.Effect<ReadonlyArray<A>, Failure>
  ) => items(request, (developer) => Effect.map(run(developer), (list) => ({ items: list })))
}
