/** Deletes what is no longer needed, of all developers, some of it at a time. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import { type Prunable, type SessionId, Storage, type StorageError } from "../../ports/Storage.js"
import { MemoryLifetime } from "../recall/MemoryLifetime.js"

export interface Options {
  /** Counts, and deletes nothing. */
  readonly dryRun?: boolean | undefined
  /** Memories that were made and last recalled before this time. Default: as the engine's lifetime of memories says. */
  readonly memoriesBefore?: number | undefined
  /** Sessions that were changed last, and have their last message, before this time. Default: none. */
  readonly sessionsBefore?: number | undefined
  /** Whether to write the whole file anew, which cannot be used meanwhile. */
  readonly vacuum?: boolean | undefined
}

export interface Pruned {
  readonly replies: number
  readonly jobs: number
  readonly memories: number
  readonly sessions: number
  /** Whether more is left: the caller prunes again. */
  readonly more: boolean
}

export type Prune = (options?: Options) => Effect.Effect<Pruned, StorageError>

/** How long replies under idempotency keys, and jobs that have ended, can be read. */
const LIFETIME = Duration.toMillis("24 hours")

/** How many rows of a kind a transaction deletes, and a call. */
const BATCH = 100
const MOST = 2000
/** How many sessions a call deletes. */
const MOST_SESSIONS = 100

export const make: Effect.Effect<Prune, never, Storage> = Effect.gen(function* () {
  const storage = yield* Storage
  const { cleanup } = storage
  const lifetime = yield* MemoryLifetime

  const memoriesBefore = (now: number) => (Duration.isFinite(lifetime) ? now - Duration.toMillis(lifetime) : null)

  const deleteAll = (kind: keyof Prunable, before: number | null) =>
    Effect.gen(function* () {
      if (before === null) return 0
      let deleted = 0
      for (let last = BATCH; last === BATCH && deleted < MOST; deleted += last) {
        last = yield* cleanup.remove(kind, before, BATCH)
        yield* yieldToEventLoop
      }
      return deleted
    })

  /** Deletes a session, a part of a long history at a time. */
  const deleteSession = (developer: string, id: string) =>
    Effect.zipLeft(storage.entries.trim(developer, { kind: "session", id }), yieldToEventLoop).pipe(
      Effect.repeat({ while: (left) => left }),
      Effect.zipRight(storage.sessions.remove(developer, id)),
      Effect.zipLeft(yieldToEventLoop)
    )

  /** Goes through the sessions that were not used since, up to so many, and returns their number. */
  const unused = (
    before: number | undefined,
    most: number,
    use: (developer: string, id: string) => Effect.Effect<unknown, StorageError>
  ) =>
    Effect.gen(function* () {
      let count = 0
      if (before === undefined) return count
      let after: SessionId | undefined
      do {
        const page: Effect.Effect.Success<ReturnType<typeof cleanup.sessions>> = yield* cleanup.sessions(before, after)
        for (const { developer, id } of page.found) {
          if (count === most) return count
          yield* use(developer, id)
          count++
        }
        yield* yieldToEventLoop
        after = page.next
      } while (after !== undefined)
      return count
    })

  return ({ dryRun = false, memoriesBefore: given, sessionsBefore, vacuum = false } = {}) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const before = { replies: now - LIFETIME, jobs: now - LIFETIME, memories: given ?? memoriesBefore(now) }
      if (dryRun) {
        const sessions = yield* unused(sessionsBefore, Number.POSITIVE_INFINITY, () => Effect.void)
        return { ...(yield* cleanup.count(before)), sessions, more: false }
      }
      const replies = yield* deleteAll("replies", before.replies)
      const jobs = yield* deleteAll("jobs", before.jobs)
      const memories = yield* deleteAll("memories", before.memories)
      const sessions = yield* unused(sessionsBefore, MOST_SESSIONS, deleteSession)
      const more = replies >= MOST || jobs >= MOST || memories >= MOST || sessions >= MOST_SESSIONS
      if (!more) yield* cleanup.compact(vacuum)
      return { replies, jobs, memories, sessions, more }
    })
})
