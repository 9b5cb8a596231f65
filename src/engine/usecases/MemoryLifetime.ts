import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Storage } from "../ports/Storage.js"

/** How long a memory is kept that nothing recalls. */
export class MemoryLifetime extends Context.Reference<MemoryLifetime>()("effect-julep/engine/MemoryLifetime", {
  defaultValue: (): Duration.Duration => Duration.infinity
}) {}

/** Deletes the memories of an agent whose time is up: since they were made, or last recalled. */
export const expiry = Effect.map(Effect.all([Storage, MemoryLifetime]), ([storage, lifetime]) => {
  if (!Duration.isFinite(lifetime)) return () => Effect.void
  const kept = Duration.toMillis(lifetime)
  return (developer: string, agent_id: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => storage.memories.expire(developer, agent_id, now - kept))
})
