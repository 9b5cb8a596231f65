/** Reads the body of a request up to a limit, and refuses a larger one such that its sender can read the answer. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpServerError from "@effect/platform/HttpServerError"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { isInProcess } from "./InProcess.js"

/**
 * How many bytes of a refused body are discarded at most, and for how long. If the server closes a connection on which
 * the client still sends, the client loses the answer. nginx waits as long (`lingering_timeout`).
 */
const LINGERING_BYTES = 64_000_000
const LINGERING_TIMEOUT = Duration.seconds(5)

/** The body has more bytes than the limit. `rest` is the part of it that has not been read. */
export class ContentTooLarge extends Data.TaggedError("ContentTooLarge")<{
  readonly rest: Stream.Stream<Uint8Array, HttpServerError.RequestError>
}> {}

/** The text of a body, and the request from which it can be read again. */
interface Read {
  readonly text: string
  readonly request: HttpServerRequest.HttpServerRequest
}

type ReadBody = Effect.Effect<Read, HttpServerError.RequestError | ContentTooLarge>

/** The request with the text of its body: a server's request can be read only once. */
const withText = (request: HttpServerRequest.HttpServerRequest, text: string): HttpServerRequest.HttpServerRequest =>
  Object.create(request, {
    text: { value: Effect.succeed(text) },
    json: {
      value: Effect.try({
        try: (): unknown => JSON.parse(text),
        catch: (cause) => new HttpServerError.RequestError({ request, reason: "Decode", cause })
      })
    }
  })

const readMasked = Effect.fnUntraced(function* (
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
  request: HttpServerRequest.HttpServerRequest,
  limit: number
) {
  const scope = yield* Scope.make()
  const pull = yield* Scope.extend(Stream.toPull(request.stream), scope)
  const decoder = new TextDecoder()
  let size = 0
  let text = ""
  const readPiece = Effect.map(pull, (pieces) => {
    for (const piece of pieces) {
      size += piece.length
      if (size <= limit) text += decoder.decode(piece, { stream: true })
    }
    return size <= limit
  })
  const end = Effect.catchAll(
    Effect.repeat(readPiece, { while: (isWithin) => isWithin }),
    Option.match({
      onNone: () => Effect.succeed(true),
      onSome: Effect.fail
    })
  )
  const exit = yield* Effect.exit(restore(end))
  if (Exit.isSuccess(exit) && !exit.value) {
    const rest = Stream.ensuring(Stream.fromPull(Effect.succeed(pull)), Scope.close(scope, exit))
    return yield* Effect.fail(new ContentTooLarge({ rest }))
  }
  yield* Scope.close(scope, exit)
  yield* exit
  text += decoder.decode()
  return { text, request: withText(request, text) }
})

/** Reads a body piece by piece: what a server reads as text closes the connection where it passes the limit. */
const readPieces = (request: HttpServerRequest.HttpServerRequest, limit: number): ReadBody =>
  Effect.uninterruptibleMask((restore) => readMasked(restore, request, limit))

/** Reads the body of a request. One that declares more bytes than the limit is refused before it is read. */
export const readBody = (request: HttpServerRequest.HttpServerRequest, limit: number): ReadBody => {
  const length = request.headers["content-length"]
  if (length === undefined) return readPieces(request, limit)
  if (Number(length) > limit) return Effect.fail(new ContentTooLarge({ rest: request.stream }))
  // A body of this process is in memory already.
  const text = isInProcess(request)
    ? request.text
    : HttpIncomingMessage.withMaxBodySize(request.text, Option.some(FileSystem.Size(limit)))
  return text.pipe(
    // Not every server holds a body to the length that it declares.
    Effect.filterOrFail(
      (text) => text.length <= limit,
      () => new ContentTooLarge({ rest: Stream.empty })
    ),
    Effect.map((text) => ({ text, request }))
  )
}

/** The body did not arrive in time. */
export class RequestTimeout extends Data.TaggedError("RequestTimeout")<{ readonly timeout: Duration.Duration }> {}

/**
 * Reads the body of a request like {@link readBody}, in a limited time. The reading itself is not interrupted: that would
 * close the connection, and the client would lose the answer. It ends with the connection.
 */
export const readBodyInTime = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  timeout: Duration.Duration
): Effect.Effect<Read, HttpServerError.RequestError | ContentTooLarge | RequestTimeout> =>
  Effect.flatMap(Effect.forkDaemon(readBody(request, limit)), (reading) =>
    // `Effect.timeoutFail` would start two fibers more for every request.
    Effect.async((resume) => {
      const timer = setTimeout(() => resume(Effect.fail(new RequestTimeout({ timeout }))), Duration.toMillis(timeout))
      reading.addObserver((exit) => {
        clearTimeout(timer)
        resume(exit)
      })
      return Effect.sync(() => clearTimeout(timer))
    })
  )

/** Ends a response once the client has stopped sending, or has sent too much for too long. */
export const withLingeringClose =
  (rest: ContentTooLarge["rest"]) =>
  (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
    if (response.body._tag !== "Uint8Array") return response
    const { body, contentLength, contentType } = response.body
    const discarded = rest.pipe(
      Stream.mapAccum(0, (size, piece) => [size + piece.length, size]),
      Stream.takeWhile((size) => size < LINGERING_BYTES),
      Stream.interruptAfter(LINGERING_TIMEOUT),
      Stream.catchAll(() => Stream.empty),
      Stream.drain
    )
    return HttpServerResponse.stream(Stream.concat(Stream.make(body), discarded), {
      status: response.status,
      headers: { ...response.headers, connection: "close" },
      contentType,
      contentLength
    })
  }
