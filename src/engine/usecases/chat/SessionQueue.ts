import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Scope from "effect/Scope"
import * as Metrics from "../../telemetry/Metrics.js"

/** `Effect.addFinalizer` without restoring the fiber's runtime flags and references, which these finalizers do not need. */
const addFinalizer = (finalizer: Effect.Effect<unknown>) =>
  Effect.flatMap(Effect.scope, (scope) => Scope.addFinalizer(scope, finalizer))

/**
 * Runs one turn of a session at a time, in the order of arrival; turns of different sessions do not wait for each other.
 * A turn that is interrupted while it waits keeps its place, and lets the next one pass when its own turn comes.
 */
export class SessionQueue {
  private readonly last = new Map<string, Deferred.Deferred<void>>()

  /** Waits for the turns before, and holds the session until the scope closes. Returns whether it had to wait. */
  readonly turn = (session: string): Effect.Effect<boolean, never, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const before = this.last.get(session)
        const mine = Deferred.unsafeMake<void>(FiberId.none)
        this.last.set(session, mine)
        const leave = Effect.sync(() => {
          if (this.last.get(session) === mine) this.last.delete(session)
          Deferred.unsafeDone(mine, Effect.void)
        })
        if (before === undefined) return Effect.as(addFinalizer(leave), false)
        const inOrder = Effect.zipRight(Deferred.await(before), leave)
        return addFinalizer(Effect.forkDaemon(inOrder)).pipe(
          Effect.zipRight(Metrics.whileWaiting(restore(Deferred.await(before)))),
          Effect.as(true)
        )
      })
    )
}
