/** Streamed replies: typed events out of server-sent ones. A stream ends with its last event or with a typed error. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { decoder } from "../schema/Compiled.js"
import { type RequestError, StreamInterrupted, UnexpectedResponse } from "../schema/Errors.js"
import { issuesOf, issuesText } from "../schema/Issue.js"
import { errorIn, fromErrorBody } from "./errorBody.js"
import { jsonBody } from "./json.js"
import { CurrentRequestOptions } from "./RequestOptions.js"
import type { Redact } from "./redact.js"
import * as Sse from "./Sse.js"
import type { Transport } from "./Transport.js"

/** A streamed endpoint, and how to read its events. */
export interface EventSource<Event, EventI> {
  readonly path: string
  readonly event: Schema.Schema<Event, EventI>
  /** The text that an event adds to the reply. */
  readonly text: (event: NoInfer<Event>) => string
  /** Whether the reply is complete with this event. */
  readonly finishes: (event: Event) => boolean
}

const DONE = "[DONE]"

const parse = (data: string) => Either.try((): unknown => JSON.parse(data))

/** How many bytes of a body are kept until its first event. */
const MAX_PREFIX_BYTES = 64 * 1024

/** The start of a body until its first event: it distinguishes a body without events from a stream that broke off. */
class BodyPrefix {
  private pieces: Array<Uint8Array> = []
  private length = 0
  private open = true

  add(piece: Uint8Array): void {
    if (!this.open || this.length >= MAX_PREFIX_BYTES) return
    this.pieces.push(piece.subarray(0, MAX_PREFIX_BYTES - this.length))
    this.length += piece.length
  }

  /** Called on the first event: the rest of the body need not be kept. */
  close(): void {
    this.open = false
    this.pieces = []
  }

  /** The body, unless it looks like an event stream. */
  get nonEventStreamBody(): string | undefined {
    const decoder = new TextDecoder()
    const text = this.pieces.map((piece) => decoder.decode(piece, { stream: true })).join("")
    return /^\s*$|^\s*(:|data\b|event\b|id\b|retry\b)/.test(text) ? undefined : text
  }
}

/** Posts a body, and streams the typed events of the response. */
export const open = <Event, EventI>(transport: Transport, source: EventSource<Event, EventI>) => {
  const decodeEvent = decoder(source.event)
  const place = { method: "POST", path: transport.pathOf(source.path) }

  /** What reads the data of events; no error has a secret that `redact` knows. */
  const readerOf = (redact: Redact) => {
    /** Decodes the data of one event. */
    const read = (data: string): Either.Either<Event, RequestError> =>
      Either.flatMap(
        Either.mapLeft(parse(data), () => unexpected(data, "an event is not JSON")),
        (json) => {
          const error = errorIn(json)
          return error !== undefined
            ? Either.left(reported(error))
            : Either.mapLeft(decodeEvent(json), (failure) =>
                unexpected(data, `an event does not match the API (${issuesText(issuesOf(failure))})`)
              )
        }
      )

    const reported = (error: unknown) => fromErrorBody(error, { call: place, what: "failed while streaming", redact })

    const unexpected = (data: string, what: string) =>
      new UnexpectedResponse({
        ...place,
        message: redact(`POST ${place.path}: ${what}`),
        status: 200,
        body: redact(data).slice(0, 500),
        issues: []
      })

    /** The error of a 2xx that is not an event stream: the error in its JSON, if it has one. */
    const notAStream = (body: string): RequestError => {
      const error = Either.match(parse(body), { onLeft: () => undefined, onRight: errorIn })
      return error === undefined
        ? unexpected(body, "answered with a body that is not an event stream. Does the server support `stream`?")
        : reported(error)
    }

    return { read, notAStream }
  }

  const typed = (
    events: Stream.Stream<Sse.SseEvent, RequestError>,
    prefix: BodyPrefix,
    redact: Redact
  ): Stream.Stream<Event, RequestError> =>
    Stream.suspend(() => {
      const { notAStream, read } = readerOf(redact)
      let text = ""
      let finished = false
      const interrupted = (why: string) =>
        new StreamInterrupted({
          ...place,
          message: `POST ${place.path}: the stream ended before its last event: ${why}`,
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
          if (!Chunk.isEmpty(chunk)) prefix.close()
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
              error._tag === "StreamInterrupted" ? Channel.fail(interrupted(error.message)) : Channel.failCause(cause)
          }),
        onDone: () => {
          if (finished) return Channel.void
          const body = prefix.nonEventStreamBody
          return Channel.fail(body === undefined ? interrupted("the server closed it") : notAStream(body))
        }
      })
      return Stream.pipeThroughChannel(events, loop)
    })

  return (body: unknown): Stream.Stream<Event, RequestError> =>
    Stream.suspend(() => {
      const json = jsonBody(body)
      if (Either.isLeft(json)) return Stream.fail(json.left)
      const prefix = new BodyPrefix()
      const bytes = transport.stream(
        HttpClientRequest.post(source.path).pipe(
          HttpClientRequest.setHeader("accept", "text/event-stream"),
          HttpClientRequest.setBody(json.right)
        )
      )
      const pieces = Stream.map(bytes, (piece) => {
        prefix.add(piece)
        return piece
      })
      return Stream.unwrap(
        Effect.map(CurrentRequestOptions, (given) => typed(Sse.decode(pieces), prefix, transport.redactFor(given)))
      )
    })
}
