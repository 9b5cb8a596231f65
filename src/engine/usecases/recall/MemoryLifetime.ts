import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type MemoryRow, Storage } from "../../ports/Storage.js"
import { Bounded } from "../../text/Bounded.js"

/** How long a memory is kept after it was made or last recalled. The default is forever. */
export class MemoryLifetime extends Context.Reference<MemoryLifetime>()("effect-julep/engine/MemoryLifetime", {
  defaultValue: (): Duration.Duration => Duration.infinity
}) {}

/** Whether memories expire. */
export const isFinite = Effect.map(MemoryLifetime, Duration.isFinite)

const RESOLUTION = Duration.toMillis("1 minute")

/** How exact times are. Turns may recall a memory, or look for expired ones, every second; each need not write. */
const resolutionOf = (lifetime: Duration.Duration): number => Math.min(RESOLUTION, Duration.toMillis(lifetime) / 100)

/** For how many agents it is known when their expired memories were last deleted. */
const MAX_TRACKED = 10_000

/** The ids of the memories whose time of last recall must be written. */
export const needingAccessUpdate = Effect.map(MemoryLifetime, (lifetime) => {
  const resolution = resolutionOf(lifetime)
  return (memories: ReadonlyArray<MemoryRow>, now: number): ReadonlyArray<string> =>
    memories.flatMap(({ id, last_accessed_at }) =>
      last_accessed_at === null || Math.abs(now - last_accessed_at) >= resolution ? [id] : []
    )
})

/** Deletes the memories of an agent whose lifetime has passed since they were made or last recalled. */
export const deleteExpired = Effect.map(Effect.all([Storage, MemoryLifetime]), ([storage, lifetime]) => {
  if (!Duration.isFinite(lifetime)) return () => Effect.void
  const kept = Duration.toMillis(lifetime)
  return (developer: string, agent_id: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => storage.memories.expire(developer, agent_id, now - kept))
})

/** The memories whose lifetime has not passed. Until {@link deleteExpiredThrottled} deletes the others, searches find them, too. */
export const withoutExpired = Effect.map(MemoryLifetime, (lifetime) => {
  if (!Duration.isFinite(lifetime)) return Effect.succeed
  const kept = Duration.toMillis(lifetime)
  return <Row extends MemoryRow>(memories: ReadonlyArray<Row>): Effect.Effect<ReadonlyArray<Row>> =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      memories.filter(({ created_at, last_accessed_at }) => (last_accessed_at ?? created_at) >= now - kept)
    )
})

/** Deletes the same as {@link deleteExpired}, now and then: turns need not, and processes would wait for each other. */
export const deleteExpiredThrottled = Effect.map(Effect.all([deleteExpired, MemoryLifetime]), ([expire, lifetime]) => {
  if (!Duration.isFinite(lifetime)) return expire
  const resolution = resolutionOf(lifetime)
  const swept = new Bounded<string, number>(MAX_TRACKED)
  return (developer: string, agent_id: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const key = `${developer} ${agent_id}`
      if (Math.abs(now - (swept.get(key) ?? Number.NEGATIVE_INFINITY)) < resolution) return Effect.void
      swept.set(key, now)
      return expire(developer, agent_id)
    })
})
