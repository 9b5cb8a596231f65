/** A streamed reply: typed events over server-sent ones, ending in the last event or in a typed error, never silently. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { fromAnswer, type RequestError, StreamInterrupted, UnexpectedResponse } from "../schema/Errors.js"
import { issuesOf, issuesText } from "../schema/Issue.js"
import * as Sse from "../transport/Sse.js"
import type { Transport } from "../transport/Transport.js"
import { invalid } from "./ApiClient.js"

/** What is streamed, and how to read it. */
export interface EventSource<Event, EventI, Payload, PayloadI> {
  readonly path: string
  readonly payload: Schema.Schema<Payload, PayloadI>
  readonly event: Schema.Schema<Event, EventI>
  /** What an event adds to the text of the answer. */
  readonly text: (event: Event) => string
  /** Whether the answer is complete with this event. */
  readonly finishes: (event: Event) => boolean
}

const DONE = "[DONE]"
const encoder = new TextEncoder()

/** An error that a provider sent inside its stream, under the status it names. */
const fromErrorEvent = (error: unknown, path: string): RequestError => {
  const member = (name: string) => (Predicate.isRecord(error) ? error[name] : undefined)
  const status = [member("status"), member("code")].map(Number).find((code) => code >= 400 && code < 600) ?? 500
  const message = member("message")
  const code = member("code")
  return fromAnswer({
    message: `POST ${path} failed while streaming: ${typeof message === "string" ? message : JSON.stringify(error)}`,
    status,
    code: typeof code === "string" ? code : undefined,
    method: "POST",
    path
  })
}

/** Opens the stream of a source; its payload is checked before anything is sent. */
export const open = <Event, EventI, Payload, PayloadI>(
  transport: Transport,
  source: EventSource<Event, EventI, Payload, PayloadI>
) => {
  const encode = Schema.encodeEither(source.payload)
  const decode = Schema.decodeUnknownEither(Schema.parseJson(Schema.Unknown))
  const decodeEvent = Schema.decodeUnknownEither(source.event)
  const place = { method: "POST", path: source.path }

  /** One event of the wire: a typed one, or why there is none. */
  const read = (data: string): Either.Either<Event, RequestError> =>
    Either.flatMap(
      Either.mapLeft(decode(data), () => unexpected(data, "is not JSON")),
      (json) =>
        Predicate.isRecord(json) && Predicate.isNotNullable(json["error"])
          ? Either.left(fromErrorEvent(json["error"], source.path))
          : Either.mapLeft(decodeEvent(json), (error) => unexpected(data, issuesText(issuesOf(error))))
    )

  const unexpected = (data: string, what: string) =>
    new UnexpectedResponse({
      ...place,
      message: `POST ${source.path} streamed an event that is not the API's (${what})`,
      status: 200,
      body: data.slice(0, 500),
      issues: []
    })

  const typed = (events: Stream.Stream<Sse.SseEvent, RequestError>): Stream.Stream<Event, RequestError> =>
    Stream.suspend(() => {
      let text = ""
      let finished = false
      const interrupted = (why: string) =>
        new StreamInterrupted({
          ...place,
          message: `POST ${source.path}: the stream ended before its last event: ${why}`,
          text
        })
      const loop: Channel.Channel<
        Chunk.Chunk<Event>,
        Chunk.Chunk<Sse.SseEvent>,
        RequestError,
        RequestError,
        void,
        unknown
      > = Channel.readWithCause({
        onInput: (chunk: Chunk.Chunk<Sse.SseEvent>) => {
          const good: Array<Event> = []
          for (const { data } of chunk) {
            if (data === DONE) return Channel.write(Chunk.unsafeFromArray(good))
            const event = read(data)
            if (Either.isLeft(event)) {
              return Channel.zipRight(Channel.write(Chunk.unsafeFromArray(good)), Channel.fail(event.left))
            }
            text += source.text(event.right)
            finished ||= source.finishes(event.right)
            good.push(event.right)
          }
          return Channel.zipRight(Channel.write(Chunk.unsafeFromArray(good)), loop)
        },
        onFailure: (cause) =>
          Option.match(Cause.failureOption(cause), {
            onNone: () => Channel.failCause(cause),
            onSome: (error) =>
              error._tag === "ConnectionError" && error.reason === "reset"
                ? Channel.fail(interrupted(error.message))
                : Channel.failCause(cause)
          }),
        onDone: () => (finished ? Channel.void : Channel.fail(interrupted("the server closed it")))
      })
      return Stream.pipeThroughChannel(events, loop)
    })

  return (payload: Payload): Stream.Stream<Event, RequestError> =>
    Stream.unwrap(
      Effect.mapBoth(encode(payload), {
        onFailure: (error): RequestError => invalid(error),
        onSuccess: (body) =>
          typed(
            Sse.decode(
              transport.stream(
                HttpClientRequest.post(source.path).pipe(
                  HttpClientRequest.setHeader("accept", "text/event-stream"),
                  HttpClientRequest.setBody(
                    HttpBody.uint8Array(encoder.encode(JSON.stringify(body)), "application/json")
                  )
                )
              )
            )
          )
      })
    )
}
