/** Leases: what one process has until it lets go of it, or no longer renews it. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** How long a lease lasts, as PostgreSQL writes it. A process that is gone blocks others no longer than this. */
export const LEASE = "interval '15 seconds'"

/** A third of the lease: two attempts may fail. */
const HEARTBEAT = Duration.seconds(5)

/** How a lease is kept. */
export interface Lease {
  /** Makes the lease last anew; false if another process has it. */
  readonly renew: Effect.Effect<boolean, SqlError>
  /** Lets others have it. */
  readonly release: Effect.Effect<unknown, SqlError>
}

/** Renews a lease until the scope closes, which releases it, or another process has it. */
export const keep = ({ release, renew }: Lease): Effect.Effect<void, never, Scope.Scope> => {
  const renewed = Effect.catchAll(renew, (error) =>
    Effect.as(Effect.logWarning("A lease could not be renewed", error), true)
  )
  const heartbeat = Effect.repeat(Effect.zipRight(Effect.sleep(HEARTBEAT), renewed), { while: (held) => held })
  const released = Effect.catchAll(release, (error) =>
    Effect.logWarning("A lease could not be released, and others wait until it runs out", error)
  )
  return Effect.zipRight(
    Effect.addFinalizer(() => released),
    // The scope may be that of a region that cannot be interrupted.
    Effect.asVoid(Effect.forkScoped(Effect.interruptible(heartbeat)))
  )
}
