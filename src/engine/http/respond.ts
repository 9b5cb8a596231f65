/** From a use case to a response: for which developer it runs, under which key, and how its result is encoded. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { encoder } from "../../schema/Compiled.js"
import { toBody, UnprocessableRequest } from "../../schema/Errors.js"
import type { Failure } from "../usecases/Failure.js"
import { Idempotency, type Reply } from "../usecases/Idempotency.js"
import { ENGINE_FAILED, logFailure, toWire, type WireFailure } from "./errors.js"
import * as ServerSentEvents from "./ServerSentEvents.js"

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

const toWireError = <A, R>(effect: Effect.Effect<A, Failure, R>): Effect.Effect<A, WireFailure, R> =>
  Effect.catchAll(effect, (failure) => Effect.flatMap(toWire(failure), (error) => Effect.fail(error)))

/** How a handler answers. */
interface AnswerOptions {
  /** The status of success. Default: 200. */
  readonly status?: number
  /** The use case waits for a model, so it cannot be one transaction with its reply. */
  readonly callsModel?: boolean
}

const keyedMethods: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"])

/** Runs a request that has an `Idempotency-Key` once, any other as it is. */
const once = (
  request: HttpServerRequest.HttpServerRequest,
  developer: string,
  atomic: boolean,
  run: Effect.Effect<Reply, Failure>
): Effect.Effect<Reply, Failure, Idempotency> => {
  const key = request.headers["idempotency-key"]
  if (key === undefined || !keyedMethods.has(request.method)) return run
  const route = `${request.method} ${request.url.split("?")[0]}`
  return Effect.flatMap(Effect.all([Idempotency, Effect.orDie(request.text)]), ([idempotency, body]) =>
    idempotency.once({ developer, route, key, body, atomic }, run)
  )
}

/**
 * Runs a use case for the developer of the request and encodes its result. The schema demands every member, so that
 * the client's tolerance of absent members cannot hide a fault of the engine; a value that does not fit is a bug.
 */
export const answer = <A, I>(schema: Schema.Schema<A, I>, { callsModel = false, status = 200 }: AnswerOptions = {}) => {
  const encode = encoder(schema, { onExcessProperty: "error" })
  return (
    request: HttpServerRequest.HttpServerRequest,
    run: (developer: string) => Effect.Effect<A, Failure>
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, WireFailure, Idempotency> =>
    Effect.flatMap(developerOf(request), (developer) => {
      const reply = Effect.flatMap(run(developer), (value) =>
        Effect.map(Effect.orDie(encode(value)), (json): Reply => ({ status, body: JSON.stringify(json) }))
      )
      return once(request, developer, !callsModel, reply)
    }).pipe(
      toWireError,
      Effect.map(({ body, status }) => HttpServerResponse.text(body, { status, contentType: "application/json" }))
    )
}

/**
 * Streams the events of a use case as server-sent events: JSON each, `[DONE]` at the end. A failure before the first
 * event is answered with its status; a later one is the event `{ "error": ... }`, which ends the stream. The log has
 * the cause of every failure with a 5xx status.
 */
export const answerStream = <A, I>(schema: Schema.Schema<A, I>) => {
  const encode = encoder(schema, { onExcessProperty: "error" })
  const write = (event: A): string => JSON.stringify(Either.getOrThrowWith(encode(event), identity))
  return (
    request: HttpServerRequest.HttpServerRequest,
    run: (developer: string) => Effect.Effect<Stream.Stream<A, Failure>, Failure>
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, WireFailure> =>
    developerOf(request).pipe(
      Effect.flatMap(run),
      toWireError,
      Effect.map((events) => {
        const bytes = events.pipe(
          // Events that arrive together leave as one piece: their reader wakes up and decodes once.
          Stream.mapChunks((chunk) =>
            Chunk.isEmpty(chunk)
              ? Chunk.empty<Uint8Array>()
              : Chunk.of(ServerSentEvents.encodeAll(Array.from(chunk, write)))
          ),
          Stream.concat(Stream.sync(() => ServerSentEvents.encode("[DONE]"))),
          Stream.catchAllCause((cause) =>
            Cause.isInterrupted(cause) ? Stream.failCause(cause) : Stream.fromEffect(lastEvent(cause))
          )
        )
        return HttpServerResponse.stream(bytes, {
          contentType: "text/event-stream",
          headers: { "cache-control": "no-cache" }
        })
      })
    )
}

/** The last event of a stream that fails. */
const lastEvent = (cause: Cause.Cause<Failure>): Effect.Effect<Uint8Array> =>
  Either.match(Cause.failureOrCause(cause), {
    onLeft: toWire,
    onRight: (): Effect.Effect<WireFailure> => Effect.succeed(ENGINE_FAILED)
  }).pipe(
    Effect.tap((error) => logFailure("A stream failed", error, cause)),
    Effect.map(errorEvent)
  )

/** The event of an error: its body, with the status and the pause that a response would have. */
const errorEvent = (failure: WireFailure): Uint8Array => {
  const body = toBody(failure)
  const retryAfter = "retryAfter" in failure ? failure.retryAfter : undefined
  const error = { ...body.error, status: failure.status ?? 500, retry_after: retryAfter }
  const event = { ...body, error }
  return ServerSentEvents.encode(JSON.stringify(event))
}

/** The envelope of a list whose items have every member. */
export const itemsOf = <A, I>(item: Schema.Schema<A, I>) => {
  const items = answer(Schema.Struct({ items: Schema.Array(item) }))
  return (
    request: HttpServerRequest.HttpServerRequest,
    run: (developer: string) => Effect.Effect<ReadonlyArray<A>, Failure>
  ) => items(request, (developer) => Effect.map(run(developer), (list) => ({ items: list })))
}
