/** Leases: what one process has until it lets go of it, or no longer renews it. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { urgently } from "../Urgent.js"

/**
 * How long, in milliseconds, a lease lasts. A process that is gone blocks others no longer than this. Tests that kill
 * processes shorten it.
 */
export class LeaseTime extends Context.Reference<LeaseTime>()("effect-julep/storage/postgres/LeaseTime", {
  defaultValue: () => 15_000
}) {}

/** How a lease is kept. */
export interface Lease {
  /** Makes the lease last anew; false if another process has it. */
  readonly renew: Effect.Effect<boolean, SqlError>
  /** Lets others have it. */
  readonly release: Effect.Effect<unknown, SqlError>
}

/** Renews a lease of some milliseconds until the scope closes, which releases it, or another process has it. */
export const keep = ({ release, renew }: Lease, time: number): Effect.Effect<void, never, Scope.Scope> => {
  // One on a connection that was lost unnoticed takes minutes. Its interruption waits for the server, which may not answer.
  const inTime = Effect.timeout(Effect.disconnect(urgently(renew)), time / 5)
  // Two may fail before the lease runs out.
  const heartbeat = (pause: number): Effect.Effect<void> =>
    Effect.zipRight(Effect.sleep(pause), inTime).pipe(
      Effect.matchEffect({
        onSuccess: (held) => (held ? heartbeat(time / 3) : Effect.void),
        onFailure: (error) =>
          Effect.zipRight(Effect.logWarning("A lease could not be renewed yet", error), heartbeat(time / 15))
      })
    )
  const released = Effect.catchAll(release, (error) =>
    Effect.logWarning("A lease could not be released, and others wait until it runs out", error)
  )
  return Effect.zipRight(
    Effect.addFinalizer(() => released),
    // The scope may be that of a region that cannot be interrupted.
    Effect.asVoid(Effect.forkScoped(Effect.interruptible(heartbeat(time / 3))))
  )
}

/** The leases of a store. */
export interface Leases {
  /** How long a lease lasts, as an interval of SQL. */
  readonly time: Fragment
  readonly keep: (lease: Lease) => Effect.Effect<void, never, Scope.Scope>
}

export const make: Effect.Effect<Leases, never, SqlClient.SqlClient> = Effect.zipWith(
  SqlClient.SqlClient,
  LeaseTime,
  (sql, time): Leases => ({
    time: sql.literal(`interval '${time} milliseconds'`),
    keep: (lease) => keep(lease, time)
  })
)
