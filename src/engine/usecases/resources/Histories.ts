/** The deletion of long histories. */
import * as Effect from "effect/Effect"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import type { Storage } from "../../ports/Storage.js"

/**
 * Deletes most of the messages of a session, or of an agent's or a user's sessions, batch by batch, before one transaction
 * deletes the rest with what they belong to: others use the store between the batches. An interruption waits for the end,
 * so that it leaves no half of a history.
 */
export const trimmedFirst =
  ({ entries }: Storage.Service, ...of: Parameters<Storage.Service["entries"]["trim"]>) =>
  <A, E, R>(remove: Effect.Effect<A, E, R>) => {
    const trim = Effect.tap(entries.trim(...of), (left) => (left ? yieldToEventLoop : Effect.void))
    return Effect.uninterruptible(Effect.zipRight(Effect.repeat(trim, { while: (left) => left }), remove))
  }
