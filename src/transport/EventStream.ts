/** A streamed reply: typed events over server-sent ones, ending in the last event or in a typed error, never silently. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { fromAnswer, type RequestError, StreamInterrupted, UnexpectedResponse } from "../schema/Errors.js"
import { issuesOf, issuesText } from "../schema/Issue.js"
import * as Sse from "./Sse.js"
import type { Transport } from "./Transport.js"

/** What is streamed, and how to read it. */
export interface EventSource<Event, EventI> {
  readonly path: string
  readonly event: Schema.Schema<Event, EventI>
  /** What an event adds to the text of the answer. */
  readonly text: (event: Event) => string
  /** Whether the answer is complete with this event. */
  readonly finishes: (event: Event) => boolean
}

const DONE = "[DONE]"

/** An error that a provider sent inside its stream, under the status it names. */
const fromErrorEvent = (error: unknown, path: string, scrubbed: (text: string) => string): RequestError => {
  const member = (name: string) => (Predicate.isRecord(error) ? error[name] : undefined)
  const status = [member("status"), member("code")].map(Number).find((code) => code >= 400 && code < 600) ?? 500
  const message = member("message")
  const code = member("code")
  return fromAnswer({
    message: `POST ${path} failed while streaming: ${scrubbed(typeof message === "string" ? message : JSON.stringify(error)).slice(0, 500)}`,
    status,
    code: typeof code === "string" ? code : undefined,
    method: "POST",
    path
  })
}

const parse = Schema.decodeUnknownEither(Schema.parseJson(Schema.Unknown))

/** Posts a body and gives the typed events of the answer. */
export const open = <Event, EventI>(transport: Transport, source: EventSource<Event, EventI>) => {
  const decodeEvent = Schema.decodeUnknownEither(source.event)
  const place = { method: "POST", path: source.path }

  /** One event of the wire: a typed one, or why there is none. */
  const read = (data: string): Either.Either<Event, RequestError> =>
    Either.flatMap(
      Either.mapLeft(parse(data), () => unexpected(data, "it is not JSON")),
      (json) =>
        Predicate.isRecord(json) && Predicate.isNotNullable(json["error"])
          ? Either.left(fromErrorEvent(json["error"], source.path, transport.scrub))
          : Either.mapLeft(decodeEvent(json), (error) => unexpected(data, issuesText(issuesOf(error))))
    )

  const unexpected = (data: string, what: string) =>
    new UnexpectedResponse({
      ...place,
      message: transport.scrub(`POST ${source.path} streamed an event that is not the API's (${what})`),
      status: 200,
      body: transport.scrub(data).slice(0, 500),
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

  return (body: unknown): Stream.Stream<Event, RequestError> =>
    typed(
      Sse.decode(
        transport.stream(
          HttpClientRequest.post(source.path).pipe(
            HttpClientRequest.setHeader("accept", "text/event-stream"),
            HttpClientRequest.setBody(HttpBody.unsafeJson(body))
          )
        )
      )
    )
}
