import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type MemoryRow, Storage } from "../../ports/Storage.js"

/** How long a memory is kept after it was made or last recalled. The default is forever. */
export class MemoryLifetime extends Context.Reference<MemoryLifetime>()("effect-julep/engine/MemoryLifetime", {
  defaultValue: (): Duration.Duration => Duration.infinity
}) {}

/** How exact the time of the last recall is. Turns may recall a memory every second; each need not write it. */
const RESOLUTION = Duration.toMillis("1 minute")

/** The ids of the memories whose time of last recall must be written. */
export const recalledAnew = Effect.map(MemoryLifetime, (lifetime) => {
  const resolution = Math.min(RESOLUTION, Duration.toMillis(lifetime) / 100)
  return (memories: ReadonlyArray<MemoryRow>, now: number): ReadonlyArray<string> =>
    memories.flatMap(({ id, last_accessed_at }) =>
      last_accessed_at === null || Math.abs(now - last_accessed_at) >= resolution ? [id] : []
    )
})

/** Deletes the memories of an agent whose lifetime has passed since they were made or last recalled. */
export const expiry = Effect.map(Effect.all([Storage, MemoryLifetime]), ([storage, lifetime]) => {
  if (!Duration.isFinite(lifetime)) return () => Effect.void
  const kept = Duration.toMillis(lifetime)
  return (developer: string, agent_id: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => storage.memories.expire(developer, agent_id, now - kept))
})
