/** The scope of a response, which a server closes once the response has ended, though it may not have been read. */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"

/**
 * Forks the writer of a streamed response in the scope of the request, and in process in that of the caller. A caller
 * without a scope stops the writer by ending the stream.
 */
export const forkInResponse = <A, E, R>(
  writer: Effect.Effect<A, E, R>
): Effect.Effect<Fiber.RuntimeFiber<A, E>, never, R> =>
  Effect.flatMap(
    Effect.serviceOption(Scope.Scope),
    Option.match({ onNone: () => Effect.forkDaemon(writer), onSome: (scope) => Effect.forkIn(writer, scope) })
  )
