/** Leases: what one process has until it lets go of it, or no longer renews it. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { urgently } from "../Urgent.js"

/** How long a lease lasts, as PostgreSQL writes it. A process that is gone blocks others no longer than this. */
export const LEASE = "interval '15 seconds'"

/** A third of the lease. */
const HEARTBEAT = Duration.seconds(5)
/** How long a renewal may take. One on a connection that was lost unnoticed takes minutes. */
const PATIENCE = Duration.seconds(3)
/** The pause after a renewal that failed. Two may fail before the lease runs out. */
const RETRY = Duration.seconds(1)

/** How a lease is kept. */
export interface Lease {
  /** Makes the lease last anew; false if another process has it. */
  readonly renew: Effect.Effect<boolean, SqlError>
  /** Lets others have it. */
  readonly release: Effect.Effect<unknown, SqlError>
}

/** Renews a lease until the scope closes, which releases it, or another process has it. */
export const keep = ({ release, renew }: Lease): Effect.Effect<void, never, Scope.Scope> => {
  // Its interruption waits for the server, which may not answer.
  const inTime = Effect.timeout(Effect.disconnect(urgently(renew)), PATIENCE)
  const heartbeat = (pause: Duration.Duration): Effect.Effect<void> =>
    Effect.zipRight(Effect.sleep(pause), inTime).pipe(
      Effect.matchEffect({
        onSuccess: (held) => (held ? heartbeat(HEARTBEAT) : Effect.void),
        onFailure: (error) =>
          Effect.zipRight(Effect.logWarning("A lease could not be renewed yet", error), heartbeat(RETRY))
      })
    )
  const released = Effect.catchAll(release, (error) =>
    Effect.logWarning("A lease could not be released, and others wait until it runs out", error)
  )
  return Effect.zipRight(
    Effect.addFinalizer(() => released),
    // The scope may be that of a region that cannot be interrupted.
    Effect.asVoid(Effect.forkScoped(Effect.interruptible(heartbeat(HEARTBEAT))))
  )
}
