/** A streamed reply or an error as the response of an Effect HTTP app; `promise/response.ts` has those of the web. */
import * as Headers from "@effect/platform/Headers"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { eventBody, eventHeaders, logged, statusProblem } from "./eventBody.js"
import { publicError } from "./publicError.js"
import { publicEvent, type ReplyEvent } from "./publicEvent.js"

/** How a streamed reply becomes a response. `status`, `headers` and `cookies` are those of the response. */
export interface EventResponseOptions<A> extends HttpServerResponse.Options.WithContent {
  /**
   * Makes the data of an event, which is sent as JSON; `undefined` leaves the event out. Default: the text of the reply and
   * its end, without calls of tools, their results, recalled passages and usage.
   */
  readonly map?: ((event: A) => unknown) | undefined
  /** Reports a failure midway. Default: it is logged as an error, with its cause. */
  readonly onError?: ((error: unknown) => Effect.Effect<unknown>) | undefined
}

const ended = { done: true as const, value: undefined }

/**
 * A streamed reply as the response of an Effect HTTP app: server-sent events in the form of this API, with `[DONE]` at the
 * end. The browser gets the text of the reply, unless `map` says otherwise. It waits for the first event of the chat, 15
 * seconds at most: if the stream fails before, so does the effect, with the typed error, and `errorResponse` makes a response
 * of that. A failure midway is the last event, and is logged. While the stream is silent, a comment keeps the connection open
 * every 15 seconds.
 *
 * The body owns the stream, which needs no scope of the app: it stops when the browser leaves. So send each response that this
 * makes; one that is not sent keeps its turn open.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { errorResponse, eventResponse, type SessionId, Sessions } from "effect-julep"
 *
 * const answer = (session: SessionId, question: string) =>
 *   Effect.flatMap(Sessions, (sessions) => eventResponse(sessions.chatStream(session, question))).pipe(
 *     Effect.tapError((error) => Effect.logError("The chat failed", error)),
 *     Effect.catchAll(errorResponse)
 *   )
 * ```
 */
export const eventResponse: {
  <A extends ReplyEvent, E, R>(
    events: Stream.Stream<A, E, R>,
    options?: EventResponseOptions<A>
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
  <A, E, R>(
    events: Stream.Stream<A, E, R>,
    options: EventResponseOptions<A> & { readonly map: (event: A) => unknown }
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
} = <A extends ReplyEvent, E, R>(
  events: Stream.Stream<A, E, R>,
  { map = publicEvent, onError, ...init }: EventResponseOptions<A> = {}
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R> => {
  const problem = statusProblem(init.status)
  if (problem !== undefined) return Effect.dieMessage(`eventResponse: ${problem}`)
  const report =
    onError === undefined ? logged : (cause: Cause.Cause<unknown>) => Effect.suspend(() => onError(Cause.squash(cause)))
  return Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const scope = yield* Scope.make()
    const pull = yield* Scope.extend(Stream.toPull(Stream.rechunk(Stream.provideContext(events, context), 1)), scope)
    const source = {
      read: Effect.matchEffect(pull, {
        onFailure: Option.match({ onNone: () => Effect.succeed(ended), onSome: (error) => Effect.fail(error) }),
        onSuccess: (chunk) => Effect.succeed({ done: false as const, value: Chunk.unsafeHead(chunk) })
      }),
      end: Scope.close(scope, Exit.void)
    }
    const body = yield* Effect.onError(eventBody(source, map, report), () => source.end)
    const next = Effect.flatMap(body.next, (bytes) =>
      bytes === undefined ? Effect.fail(Option.none()) : Effect.succeed(bytes)
    )
    const bytes = Stream.ensuring(Stream.repeatEffectOption(next), body.end)
    const headers = Headers.setAll(Headers.fromInput(eventHeaders), init.headers ?? {})
    return HttpServerResponse.stream(bytes, { ...init, headers })
  })
}

/**
 * An error of a call as the response of an Effect HTTP app: 404 for `NotFound`, 422 for `InvalidRequest`, 429 with
 * `retry-after` for `RateLimited`, and so on, with a sentence for the browser as the API's error body. Messages and causes
 * stay on the server, so log the error, too. Any other value is a 500.
 *
 * @example
 * ```ts
 * import { HttpServerResponse } from "@effect/platform"
 * import { Effect } from "effect"
 * import { errorResponse, type SessionId, Sessions } from "effect-julep"
 *
 * const answer = (session: SessionId, question: string) =>
 *   Effect.flatMap(Sessions, (sessions) => sessions.chat(session, question)).pipe(
 *     Effect.flatMap(HttpServerResponse.json),
 *     Effect.catchAll(errorResponse)
 *   )
 * ```
 */
export const errorResponse = (error: unknown): HttpServerResponse.HttpServerResponse => {
  const { body, headers, status } = publicError(error)
  return HttpServerResponse.text(body, { status, headers })
}
