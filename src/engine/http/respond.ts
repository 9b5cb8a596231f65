/** From a use case to a response: for which developer it runs, under which key, and how its result is encoded. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { encoder } from "../../schema/Compiled.js"
import { toBody } from "../../schema/ErrorBody.js"
import { UnprocessableRequest } from "../../schema/Errors.js"
import { canonicalUuid, isUuid, NIL_DEVELOPER } from "../../schema/Field.js"
import type { Failure } from "../usecases/Failure.js"
import { type Attempt, Idempotency, type Keyed, type Reply } from "../usecases/Idempotency.js"
import { ENGINE_FAILED, logFailure, retryAfterOf, toWire, type WireFailure } from "./errors.js"
import * as ServerSentEvents from "./ServerSentEvents.js"
import { StreamAdmission } from "./StreamAdmission.js"

/** The developer a request acts for: `X-Developer-Id`, else the nil UUID. */
export const developerOf = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<string, UnprocessableRequest> => {
  const developer = canonicalUuid(request.headers["x-developer-id"] ?? NIL_DEVELOPER)
  if (isUuid(developer)) return Effect.succeed(developer)
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
  /**
   * The use case waits: for a model, for a turn, or between its writes. It cannot be one transaction with its reply, which
   * it keeps itself with what it writes, or which is kept after it.
   */
  readonly waits?: boolean
  /** The use case writes nothing, so it runs again under the same key. */
  readonly reads?: boolean
}

const keyedMethods: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"])

/** The idempotency key of a request, with what it is for; undefined if there is none. */
export const keyedOf = (
  request: HttpServerRequest.HttpServerRequest,
  developer: string
): Effect.Effect<Keyed | undefined> => {
  const key = request.headers["idempotency-key"]?.trim() ?? ""
  if (key === "" || !keyedMethods.has(request.method)) return Effect.succeed(undefined)
  const route = `${request.method} ${request.url.split("?")[0]}`
  return Effect.map(Effect.orDie(request.text), (body) => ({ developer, route, key, body }))
}

/** An attempt that keeps values as a function encodes them. */
export const encoding = <A>(attempt: Attempt<Reply>, encode: (value: A) => Effect.Effect<Reply>): Attempt<A> => ({
  ...attempt,
  keep: (value) => Effect.flatMap(encode(value), attempt.keep)
})

/**
 * Runs a use case for the developer of the request and encodes its result. The schema demands every member, so that
 * the client's tolerance of absent members cannot hide a fault of the engine; a value that does not fit is a bug.
 */
export const answer = <A, I>(
  schema: Schema.Schema<A, I>,
  { reads = false, status = 200, waits = false }: AnswerOptions = {}
) => {
  const encode = encoder(schema, { onExcessProperty: "error" })
  const toReply = (value: A) =>
    Effect.map(Effect.orDie(encode(value)), (json): Reply => ({ status, body: JSON.stringify(json) }))
  return Effect.fnUntraced(
    function* (
      request: HttpServerRequest.HttpServerRequest,
      run: (developer: string, attempt?: Attempt<A>) => Effect.Effect<A, Failure>
    ): Effect.fn.Return<Reply, Failure, Idempotency> {
      const developer = yield* developerOf(request)
      const keyed = reads ? undefined : yield* keyedOf(request, developer)
      if (keyed === undefined) return yield* Effect.flatMap(run(developer), toReply)
      return yield* Effect.flatMap(Idempotency, ({ once }) =>
        once(keyed, !waits, (attempt) => Effect.flatMap(run(developer, encoding(attempt, toReply)), toReply))
      )
    },
    toWireError,
    Effect.map(({ body, status }) => HttpServerResponse.text(body, { status, contentType: "application/json" }))
  )
}

/** Whether a request accepts JSON and nothing else, as both SDKs of v0.3 say even where they ask for a stream. */
export const acceptsJsonAlone = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  (headers["accept"] ?? "*/*").split(",").every((range) => /^\s*application\/json\s*(;|$)/i.test(range))

/** How long, in milliseconds, a caller waits for headers at most without a byte that lets them leave. */
export const HEADERS_WITHIN = 1000

/**
 * Streams the events of a use case as server-sent events: JSON each, `[DONE]` at the end. A failure before the first
 * event is answered with its status; a later one is the event `{ "error": ... }`, which ends the stream. The log has
 * the cause of every failure with a 5xx status.
 *
 * With `keeps`, the use case runs once under a key: it keeps its events with the attempt, and releases it at its end.
 */
export const answerStream = <A, I>(
  schema: Schema.Schema<A, I>,
  { keeps = false }: { readonly keeps?: boolean } = {}
) => {
  const encode = encoder(schema, { onExcessProperty: "error" })
  const toJson = (event: A): I => Either.getOrThrowWith(encode(event), identity)
  const toReply = (events: ReadonlyArray<A>) =>
    Effect.sync((): Reply => ({ status: 200, body: JSON.stringify(events.map(toJson)) }))
  const write = (event: A): string => JSON.stringify(toJson(event))

  const replay = ({ body }: Reply): Stream.Stream<Uint8Array> =>
    Stream.sync(() => {
      const events: unknown = JSON.parse(body)
      return ServerSentEvents.encodeAll((Array.isArray(events) ? events : []).map((event) => JSON.stringify(event)))
    })

  const bytesOf = (events: Stream.Stream<A, Failure>): Stream.Stream<Uint8Array, Failure> =>
    // Events that arrive together leave as one piece: their reader wakes up and decodes once.
    Stream.mapChunks(events, (chunk) =>
      Chunk.isEmpty(chunk) ? Chunk.empty<Uint8Array>() : Chunk.of(ServerSentEvents.encodeAll(Array.from(chunk, write)))
    )

  const ended = (bytes: Stream.Stream<Uint8Array, Failure>): Stream.Stream<Uint8Array, Failure> =>
    bytes.pipe(
      Stream.concat(Stream.sync(() => ServerSentEvents.encode("[DONE]"))),
      Stream.catchAllCause((cause) =>
        Cause.isInterrupted(cause) ? Stream.failCause(cause) : Stream.fromEffect(lastEvent(cause))
      )
    )

  return Effect.fnUntraced(function* (
    request: HttpServerRequest.HttpServerRequest,
    run: (developer: string, attempt?: Attempt<ReadonlyArray<A>>) => Effect.Effect<Stream.Stream<A, Failure>, Failure>
  ) {
    const began = yield* Clock.currentTimeMillis
    const developer = yield* developerOf(request)
    yield* Effect.flatten(StreamAdmission)
    const keyed = keeps ? yield* keyedOf(request, developer) : undefined
    const events =
      keyed === undefined
        ? Effect.map(run(developer), bytesOf)
        : Effect.flatMap(Idempotency, ({ begin }) =>
            begin(keyed, (attempt) => Effect.map(run(developer, encoding(attempt, toReply)), bytesOf), replay)
          )
    const bytes = ended(yield* events)
    const late = (yield* Clock.currentTimeMillis) - began >= HEADERS_WITHIN
    return HttpServerResponse.stream(late ? Stream.concat(Stream.make(ServerSentEvents.keepAlive), bytes) : bytes, {
      contentType: "text/event-stream",
      headers: { "cache-control": "no-cache" }
    })
  }, toWireError)
}

/** The last event of a stream that fails. */
const lastEvent = (cause: Cause.Cause<Failure>): Effect.Effect<Uint8Array> =>
  Either.match(Cause.failureOrCause(cause), {
    onLeft: toWire,
    onRight: (): Effect.Effect<WireFailure> => Effect.succeed(ENGINE_FAILED)
  }).pipe(
    Effect.tap((error) => logFailure("A stream failed", error, cause)),
    Effect.map((error) => ServerSentEvents.encodeError(toBody(error), error.status ?? 500, retryAfterOf(error)))
  )

type Members<Fields extends Schema.Struct.Fields> = Schema.Struct.Type<Fields>

/**
 * The schema of a resource as the engine sends it: with every member, less those that it leaves out where they have no
 * value, because the specification has no null for them.
 */
export const whole = <Fields extends Schema.Struct.Fields, Left extends keyof Fields & string = never>(
  resource: Schema.Struct<Fields>,
  ...left: ReadonlyArray<Left>
) => {
  const fields = Object.entries(resource.fields).map(([name, field]) => {
    // A member of `nullish` has the schema of its value, and one with a default is made from it.
    const made = Schema.isPropertySignature(field)
    const value = made && "value" in field ? field.value : made && "from" in field ? field.from : field
    return [name, Schema.isSchema(value) && left.some((each) => each === name) ? Schema.optional(value) : value]
  })
  type Sent = { readonly [Name in Exclude<keyof Members<Fields>, Left>]-?: Members<Fields>[Name] } & {
    readonly [Name in Left & keyof Members<Fields>]?: Members<Fields>[Name]
  }
  // The members have the types of the resource's own.
  return Schema.Struct(Object.fromEntries(fields)) as unknown as Schema.Schema<Sent, object>
}

/** The envelope of a list whose items have every member. */
export const itemsOf = <A, I>(item: Schema.Schema<A, I>, options?: AnswerOptions) => {
  const items = answer(Schema.Struct({ items: Schema.Array(item) }), options)
  return (
    request: HttpServerRequest.HttpServerRequest,
    run: (developer: string) => Effect.Effect<ReadonlyArray<A>, Failure>
  ) => items(request, (developer) => Effect.map(run(developer), (list) => ({ items: list })))
}

/** The same with the cursor behind the page. */
export const pagesOf = <A, I>(item: Schema.Schema<A, I>) =>
  answer(Schema.Struct({ items: Schema.Array(item), next: Schema.optional(Schema.String) }))
