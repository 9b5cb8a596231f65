/** A streamed reply as the body of a response; `eventResponse.ts` and `promise/response.ts` make responses of it. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Predicate from "effect/Predicate"
import { publicError } from "./publicError.js"

/** The headers of server-sent events. Neither caches nor compresses them on the way: both would hold events back. */
export const eventHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no"
}

/**
 * The pause after which a response opens, and a silent body sends a comment, in milliseconds: proxies close connections
 * without traffic, many of them after 60 seconds.
 */
const KEEP_ALIVE = 15_000

const encoder = new TextEncoder()
const COMMENT = encoder.encode(": keep-alive\n\n")

/** Reports a failure. What it fails with itself is logged. */
export type Report = (cause: Cause.Cause<unknown>) => Effect.Effect<unknown>

/** Logs a failure. */
export const logged = (cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.logError("A reply to a browser failed", cause)

/** Reports a failure, and never fails. */
export const reported = (cause: Cause.Cause<unknown>, report: Report): Effect.Effect<unknown> =>
  Effect.catchAllCause(report(cause), (failed) => Effect.zipRight(logged(cause), logged(failed)))

/** Whether an event comes before the chat of a resumed run: whether that succeeds is not known yet. */
const precedesChat = (event: unknown): boolean =>
  Predicate.hasProperty(event, "type") && /^tool_/.test(String(event.type))

/** Where the events come from. */
export interface Source<A, E> {
  /** The next event, or the end. */
  readonly read: Effect.Effect<IteratorResult<A, unknown>, E>
  /** Ends the stream of events. It may be run again. */
  readonly end: Effect.Effect<void>
}

/** The body of a response, which must be read or ended. */
export interface EventBody {
  /** The next bytes, or `undefined` at the end. */
  readonly next: Effect.Effect<Uint8Array | undefined>
  /** Ends the body, and the stream of events with it. */
  readonly end: Effect.Effect<void>
}

const stop = (fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined): Effect.Effect<unknown> =>
  fiber === undefined ? Effect.void : Fiber.interrupt(fiber)

/** Waits until one of two fibers has ended, and interrupts neither. */
const firstOf = (
  one: Fiber.RuntimeFiber<unknown, unknown>,
  other: Fiber.RuntimeFiber<unknown, unknown>
): Effect.Effect<void> =>
  Effect.async((resume) => {
    const ended = () => {
      one.removeObserver(ended)
      other.removeObserver(ended)
      resume(Effect.void)
    }
    one.addObserver(ended)
    other.addObserver(ended)
    return Effect.sync(ended)
  })

/**
 * Opens a streamed reply, and returns the body of its response: server-sent events, with `[DONE]` or the error of a failure
 * at the end, and a comment for each 15 seconds of silence. The data of an event is JSON of what `map` makes of it; one that
 * `map` makes `undefined` is left out. It waits for the first event of the chat, 15 seconds at most, so that a request that
 * fails fails the effect, which leaves the stream open.
 */
export const eventBody = <A, E>(
  { end, read }: Source<A, E>,
  map: (event: A) => unknown,
  report: Report
): Effect.Effect<EventBody, E> =>
  Effect.gen(function* () {
    const first: Array<IteratorResult<A, unknown>> = []
    let late = false
    const opening = yield* Effect.forkDaemon(
      Effect.gen(function* () {
        let item: IteratorResult<A, unknown>
        do {
          item = yield* read
          first.push(item)
        } while (!late && item.done !== true && precedesChat(item.value))
      })
    )
    yield* Fiber.await(opening).pipe(
      Effect.timeout(KEEP_ALIVE),
      Effect.ignore,
      Effect.onInterrupt(() => stop(opening))
    )
    late = true
    yield* opening.unsafePoll() ?? Effect.void

    let over = false
    const data = Effect.gen(function* () {
      while (true) {
        if (first.length === 0) yield* opening.unsafePoll() ?? Fiber.join(opening)
        const item = first.shift() ?? (yield* read)
        if (item.done === true) {
          over = true
          return "[DONE]"
        }
        const json: string | undefined = JSON.stringify(map(item.value))
        if (json !== undefined) return json
      }
    })
    const failed = (cause: Cause.Cause<E>) => {
      over = true
      return Effect.as(Effect.zipRight(end, reported(cause, report)), publicError(Cause.squash(cause)).body)
    }
    const step = Effect.map(Effect.catchAllCause(data, failed), (data) => encoder.encode(`data: ${data}\n\n`))

    let waiting: Fiber.RuntimeFiber<Uint8Array> | undefined
    let silent: Fiber.RuntimeFiber<void> | undefined
    let sent = yield* Clock.currentTimeMillis
    // One timer for all events: to start one for each would halve the rate of a stream.
    const silence = Effect.gen(function* () {
      while (true) {
        const left = sent + KEEP_ALIVE - (yield* Clock.currentTimeMillis)
        if (left <= 0) return
        yield* Effect.sleep(left)
      }
    })
    return {
      next: Effect.gen(function* () {
        if (over && waiting === undefined) return undefined
        // A comment does not interrupt what reads the next event.
        waiting ??= yield* Effect.forkDaemon(step)
        if (silent?.unsafePoll() !== null) silent = yield* Effect.forkDaemon(silence)
        yield* firstOf(waiting, silent)
        sent = yield* Clock.currentTimeMillis
        const exit = waiting.unsafePoll()
        if (exit === null) return COMMENT
        waiting = undefined
        if (over) yield* stop(silent)
        return yield* exit
      }),
      end: Effect.suspend(() => Effect.all([stop(opening), stop(waiting), stop(silent), end], { discard: true }))
    }
  })

/** The statuses of responses without a body. */
const WITHOUT_BODY = [204, 205, 304]

/** What is wrong with the status of a response that is to have events, if anything. */
export const statusProblem = (status = 200): string | undefined =>
  Number.isInteger(status) && status > 199 && status < 600 && !WITHOUT_BODY.includes(status)
    ? undefined
    : `status must be one from 200 to 599 that allows a body, not ${status}.`
