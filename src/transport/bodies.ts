/** The bodies of responses: their bytes as they arrive, or all of them. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type RequestError, StreamInterrupted, type WriteError } from "../schema/Errors.js"
import * as Budgets from "./Budgets.js"
import { BufferedResponse } from "./BufferedResponse.js"
import { connectionError } from "./connection.js"
import { withDeadline } from "./deadline.js"
import type { Call, Failed } from "./errors.js"

const buffer = (response: HttpClientResponse.HttpClientResponse, body: Uint8Array) =>
  new BufferedResponse(response.request, response.status, response.headers, body)

/** Pieces of bytes as one. */
export const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [only, second] = pieces
  if (only !== undefined && second === undefined) return only
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}

/** A connection lost while the response streams is `StreamInterrupted`; before that, it is a `ConnectionError`. */
export const brokenOff = (error: WriteError): RequestError =>
  error._tag === "ConnectionError"
    ? new StreamInterrupted({ message: error.message, text: "", method: error.method, path: error.path })
    : error

/** Waits for the first bytes of a body: a connection that is lost before them is a failed attempt. */
export const begun = (
  body: Stream.Stream<Uint8Array, WriteError>
): Effect.Effect<Stream.Stream<Uint8Array, WriteError>, Failed<WriteError>, Scope.Scope> =>
  Effect.flatMap(Stream.toPull(body), (pull) =>
    Effect.matchEffect(pull, {
      onFailure: Option.match({
        onNone: () => Effect.succeed(Stream.empty),
        onSome: (error) => Effect.fail({ error })
      }),
      onSuccess: (first) =>
        Effect.succeed(Stream.concat(Stream.fromChunk(first), Stream.fromPull(Effect.succeed(pull))))
    })
  )

/** The statuses of responses without a body: their stream would fail, as if the connection were lost. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** The bytes of a body; each chunk must arrive within the idle budget. */
export const bytesOf = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call,
  idle: Duration.Duration | undefined
) => {
  if (bodiless.has(response.status)) return Stream.empty
  const body = Stream.mapError(response.stream, (error): WriteError => connectionError(error, call))
  if (idle === undefined) return body
  const onIdle = () => Option.some(Budgets.exceeded("idle", idle, call))
  return Stream.fromPull(Effect.map(Stream.toPull(body), (pull) => withDeadline(pull, idle, onIdle)))
}

/** Reads a whole body. With an idle budget, each chunk must arrive within it. */
export const readWhole = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call,
  idle: Duration.Duration | undefined
) =>
  idle === undefined
    ? response.arrayBuffer.pipe(
        Effect.map((body) => buffer(response, new Uint8Array(body))),
        Effect.mapError((error: HttpClientError.ResponseError): WriteError => connectionError(error, call))
      )
    : Effect.map(Stream.runCollect(bytesOf(response, call, idle)), (chunks) =>
        buffer(response, joined(Chunk.toReadonlyArray(chunks)))
      )
