/** A streamed response: it begins with its first event, or after a while, and is written by a fiber of its own. */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ServerError } from "../../../schema/Errors.js"
import { EventBuffer } from "./EventBuffer.js"
import { forkInResponse } from "./forkInResponse.js"

/** Where a response is written to. */
export interface Writer<A, Head> {
  /** Begins the response. Returns whether it has begun without this head before. */
  readonly open: (head: Head) => boolean
  /** Adds events of so many characters. Waits while too many are unread. */
  readonly offer: (events: ReadonlyArray<A>, characters: number) => Effect.Effect<void>
}

/** A response that has begun. */
export interface Opened<A, Head, E> {
  /** What the response begins with; `undefined` where it begins before that is known. */
  readonly head: Head | undefined
  readonly events: Stream.Stream<A, E>
}

/** How a response is written. */
export interface Options {
  /** How long it waits for `write` to open it. */
  readonly opening: Duration.Duration
  /** The error of a reader that takes nothing for too long. */
  readonly stalled: ServerError
  /** Whether the writer goes on without such a reader, because it has more to do than to write. Default: false. */
  readonly outlivesReader?: boolean
  /** Runs when the writer has ended, also if it is interrupted before it starts. */
  readonly onExit?: Effect.Effect<void>
}

/** The argument of the body of `Effect.uninterruptibleMask`. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** {@link openStream} in a region that cannot be interrupted; `restore` is that of its mask. */
export const openMasked = Effect.fnUntraced(function* <A, Head, E>(
  restore: Restore,
  { onExit = Effect.void, opening, outlivesReader = false, stalled }: Options,
  write: (writer: Writer<A, Head>) => Effect.Effect<void, E>
): Effect.fn.Return<Opened<A, Head, E | ServerError>, E> {
  const buffer = new EventBuffer<A, E>(yield* Effect.clock, stalled)
  const opened = yield* Deferred.make<Head | undefined, E>()
  let late = false
  const offerToReader = (events: ReadonlyArray<A>, characters: number) =>
    Effect.zipRight(
      buffer.offer(events, characters),
      Effect.suspend(() => (buffer.isDropped ? Effect.interrupt : Effect.void))
    )
  const writer = yield* write({
    open: (head) => {
      Deferred.unsafeDone(opened, Effect.succeed(head))
      return late
    },
    offer: outlivesReader ? buffer.offer : offerToReader
  }).pipe(
    Effect.interruptible,
    Effect.onExit((exit) =>
      Effect.zipRight(
        onExit,
        Effect.sync(() => {
          buffer.end(exit)
          Deferred.unsafeDone(opened, Effect.as(exit, undefined))
        })
      )
    ),
    forkInResponse
  )
  const stop = Fiber.interrupt(writer)
  const head = yield* restore(Effect.timeoutOption(Deferred.await(opened), opening)).pipe(Effect.onError(() => stop))
  late = Option.isNone(head)
  return { head: Option.getOrUndefined(head), events: Stream.ensuring(buffer.stream, stop) }
})

/**
 * Succeeds once `write` opens the response, or after `opening`, and fails with any failure before. Ending the stream,
 * interrupting the effect, or closing the scope of the response, which may never be read, stops the writer.
 */
export const openStream = <A, Head, E>(
  options: Options,
  write: (writer: Writer<A, Head>) => Effect.Effect<void, E>
): Effect.Effect<Opened<A, Head, E | ServerError>, E> =>
  Effect.uninterruptibleMask((restore) => openMasked(restore, options, write))
