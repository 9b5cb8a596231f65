/** Collects the events of a streamed typed answer; `services/accumulate.ts` collects those of chats. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ObjectEvent, WholeObject } from "./objects.js"

/**
 * The whole object of a streamed typed answer. Fails with the errors of the stream.
 *
 * @example
 * ```ts
 * import { accumulateObject, type SessionId, Sessions } from "effect-julep"
 * import { Effect, Schema } from "effect"
 *
 * const Ticket = Schema.Struct({ title: Schema.String })
 *
 * const ask = (session: SessionId, mail: string) =>
 *   Effect.flatMap(Sessions, (sessions) => accumulateObject(sessions.chatObjectStream(session, mail, Ticket)))
 * ```
 */
export const accumulateObject = <A, I, E, R>(
  events: Stream.Stream<ObjectEvent<A, I>, E, R>
): Effect.Effect<WholeObject<A>, E, R> =>
  // The last event of a stream that does not fail has the whole object.
  Effect.map(Stream.runLast(events), (last) =>
    Option.getOrThrow(Option.flatMap(last, (event) => (event.done ? Option.some(event) : Option.none())))
  )
