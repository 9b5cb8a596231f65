/** A streamed reply as the response of an Effect HTTP app; `promise/response.ts` has the one of the web. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { eventHeaders, eventText, shownError } from "./shownError.js"

/**
 * The events of a streamed reply as the response of an Effect HTTP app: server-sent events in the form of this API, with
 * `[DONE]` at the end. It waits for the first event. If the stream fails before, so does the effect, with the typed error, so
 * that the app decides the status. A failure midway is the last event; of a 5xx it has no details. The turn stops with the
 * scope of the request, also when the browser leaves.
 *
 * @example
 * ```ts
 * import { HttpServerResponse } from "@effect/platform"
 * import { Effect } from "effect"
 * import { eventResponse, type SessionId, Sessions } from "effect-julep"
 *
 * const answer = (session: SessionId, question: string) =>
 *   Effect.flatMap(Sessions, (sessions) => eventResponse(sessions.chatStream(session, question))).pipe(
 *     Effect.catchTag("NotFound", () => HttpServerResponse.empty({ status: 404 }))
 *   )
 * ```
 */
export const eventResponse = <A, E>(
  events: Stream.Stream<A, E>
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, Scope.Scope> =>
  Effect.gen(function* () {
    const pull = yield* Stream.toPull(events)
    const first = yield* Effect.catchAll(
      pull,
      Option.match({ onNone: () => Effect.succeed(Chunk.empty<A>()), onSome: Effect.fail })
    )
    const body = Stream.concat(Stream.fromChunk(first), Stream.fromPull(Effect.succeed(pull))).pipe(
      Stream.map((event) => JSON.stringify(event)),
      Stream.concat(Stream.make("[DONE]")),
      Stream.catchAll((error) => Stream.make(shownError(error).body)),
      Stream.map(eventText),
      Stream.encodeText
    )
    return HttpServerResponse.stream(body, { headers: eventHeaders })
  })
