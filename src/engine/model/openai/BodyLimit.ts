/** Bounds the bodies of responses: nothing that an endpoint sends may fill the memory of the process. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import type * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { UnexpectedResponse } from "../../../schema/Errors.js"

/** The most megabytes of a body that is read as a whole. 32 of the longest vectors have about seven. */
const WHOLE = 64
/** The most megabytes of an event stream, of which little is kept: a reply of 100,000 tokens with all their alternatives. */
const STREAMED = 256
const MEGABYTE = 1_000_000

type Response = HttpClientResponse.HttpClientResponse

/** A body is too long. It passes through the transport as a defect, which has no error for it that is not retried. */
class BodyTooLong extends Data.Error<{ readonly response: Response; readonly megabytes: number }> {}

/** A response whose stream, the only member of its body that the transport reads, ends with a defect if it is too long. */
const bounded = (response: Response): Response => {
  const megabytes = /event-stream/i.test(response.headers["content-type"] ?? "") ? STREAMED : WHOLE
  const count = () => {
    let left = megabytes * MEGABYTE
    return (chunk: Chunk.Chunk<Uint8Array>) => {
      for (const { length } of chunk) left -= length
      return left < 0 ? Effect.die(new BodyTooLong({ response, megabytes })) : Effect.succeed(chunk)
    }
  }
  return Object.create(response, { stream: { get: () => Stream.mapChunksEffect(response.stream, count()) } })
}

/** A client whose responses have bodies of a bounded length. {@link orFail} makes an error of a longer one. */
export const client: (client: HttpClient.HttpClient) => HttpClient.HttpClient = HttpClient.transformResponse(
  Effect.map(bounded)
)

/** The error of a body that is too long, if that is what ended a call. */
const tooLong = <E>(cause: Cause.Cause<E>): Option.Option<UnexpectedResponse> =>
  Option.flatMap(Cause.dieOption(cause), (defect) => {
    if (!(defect instanceof BodyTooLong)) return Option.none()
    const { request, status } = defect.response
    const call = { method: request.method, path: new URL(request.url).pathname }
    const message = `${call.method} ${call.path} answered with more than ${defect.megabytes} MB`
    return Option.some(new UnexpectedResponse({ ...call, message, status, issues: [] }))
  })

/** Fails where the body of a response is too long. */
export const orFail = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E | UnexpectedResponse, R> =>
  Effect.catchSomeCause(call, (cause) => Option.map(tooLong(cause), Effect.fail))

/** Fails where the body of a response is too long. */
export const streamOrFail = <A, E, R>(body: Stream.Stream<A, E, R>): Stream.Stream<A, E | UnexpectedResponse, R> =>
  Stream.catchSomeCause(body, (cause) => Option.map(tooLong(cause), Stream.fail))
