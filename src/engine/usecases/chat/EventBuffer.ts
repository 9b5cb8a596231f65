import * as Chunk from "effect/Chunk"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ServerError, serverErrorAtLoad } from "../../../schema/Errors.js"

/** The characters that a buffer holds, and those that an event counts beside its own. */
const CAPACITY = 1_000_000
const PER_EVENT = 64

/** How long, in milliseconds, events wait for a reader. */
const READER_TIMEOUT = Duration.toMillis("30 seconds")

/** The error of a stream that was not read. `advice` says what to do about it. */
export const stalledStream = (advice: string): ServerError =>
  serverErrorAtLoad({
    message: `The stream was not read for 30 seconds, so the rest of it was dropped. ${advice}`,
    code: "STREAM_STALLED",
    status: 503
  })

/**
 * Events between the fiber that reads the model and the one that reads the response. The writer does not wait for a slow
 * reader until the buffer is full. It drops the events of a reader that takes none for 30 seconds, and goes on.
 */
export class EventBuffer<A, E> {
  private events: Array<A> = []
  private characters = 0
  private filledAt = 0
  private outcome: Exit.Exit<never, Option.Option<E | ServerError>> | undefined
  private dropped = false
  private wakeReader: (() => void) | undefined
  private wakeWriter: (() => void) | undefined

  /** `stalled`: the error of a reader that takes nothing for too long. */
  constructor(
    private readonly clock: Clock.Clock,
    private readonly stalled: ServerError
  ) {}

  /** Whether the reader took nothing for too long, so that nothing more reaches it. */
  get isDropped(): boolean {
    return this.dropped
  }

  /** Adds events, of so many characters, and waits while the buffer is full. */
  readonly offer = (events: ReadonlyArray<A>, characters: number): Effect.Effect<void> => {
    if (this.dropped || events.length === 0) return Effect.void
    const now = this.clock.unsafeCurrentTimeMillis()
    if (this.events.length === 0) this.filledAt = now
    const left = this.filledAt + READER_TIMEOUT - now
    if (left <= 0) return Effect.sync(this.drop)
    for (const event of events) this.events.push(event)
    this.characters += characters + events.length * PER_EVENT
    this.wakeReader?.()
    return this.characters < CAPACITY
      ? Effect.void
      : Effect.flatMap(Effect.timeoutOption(this.space, left), (taken) =>
          Option.isSome(taken) ? Effect.void : Effect.sync(this.drop)
        )
  }

  /** Ends the stream, once its reader has taken what is left. */
  readonly end = (exit: Exit.Exit<unknown, E>): void => {
    this.outcome = endOf(exit)
    this.wakeReader?.()
  }

  /** The events for their one reader. */
  readonly stream: Stream.Stream<A, E | ServerError> = Stream.fromPull(
    Effect.succeed(Effect.suspend(() => this.take()))
  )

  private take(): Effect.Effect<Chunk.Chunk<A>, Option.Option<E | ServerError>> {
    if (this.events.length > 0) {
      const taken = Chunk.unsafeFromArray(this.events)
      this.events = []
      this.characters = 0
      this.wakeWriter?.()
      return Effect.succeed(taken)
    }
    if (this.dropped) return Effect.fail(Option.some(this.stalled))
    if (this.outcome !== undefined) return this.outcome
    return Effect.zipRight(
      this.arrival,
      Effect.suspend(() => this.take())
    )
  }

  private readonly drop = (): void => {
    this.events = []
    this.dropped = true
  }

  // What either side waits for may have happened since it looked: both check again where they begin to wait.
  private readonly arrival = Effect.async<void>((resume) => {
    if (this.events.length > 0 || this.dropped || this.outcome !== undefined) return resume(Effect.void)
    this.wakeReader = () => {
      this.wakeReader = undefined
      resume(Effect.void)
    }
    return Effect.sync(() => {
      this.wakeReader = undefined
    })
  })

  private readonly space = Effect.async<void>((resume) => {
    if (this.characters < CAPACITY) return resume(Effect.void)
    this.wakeWriter = () => {
      this.wakeWriter = undefined
      resume(Effect.void)
    }
    return Effect.sync(() => {
      this.wakeWriter = undefined
    })
  })
}

const endOf = <E>(exit: Exit.Exit<unknown, E>): Exit.Exit<never, Option.Option<E>> =>
  Exit.isSuccess(exit) ? Exit.fail(Option.none()) : Exit.mapError(Exit.failCause(exit.cause), Option.some)
