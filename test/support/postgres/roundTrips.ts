import * as Effect from "effect/Effect"
import pg from "pg"
import { vi } from "vitest"

/** Counts the round trips to PostgreSQL servers that this process makes during an effect: each ends with a `Sync`. */
export const roundTrips = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => vi.spyOn(pg.Connection.prototype, "sync")),
    (sync) => Effect.map(effect, (result) => ({ result, count: sync.mock.calls.length })),
    (sync) => Effect.sync(() => sync.mockRestore())
  )
