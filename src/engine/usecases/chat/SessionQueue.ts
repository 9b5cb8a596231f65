import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Scope from "effect/Scope"

/** What needs nothing of the fiber it began in: `Effect.addFinalizer` would compare all of that with the fiber it ends in. */
const atTheEnd = (finalizer: Effect.Effect<unknown>) =>
  Effect.flatMap(Effect.scope, (scope) => Scope.addFinalizer(scope, finalizer))

/**
 * One turn of a session at a time, in the order they came; turns of different sessions do not wait for each other.
 * A turn that is given up while it waits lets the next one by as soon as its own turn comes.
 */
export class SessionQueue {
  private readonly last = new Map<string, Deferred.Deferred<void>>()

  /** Waits for the turns before, and holds the session until the scope closes. */
  readonly turn = (session: string): Effect.Effect<void, never, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const before = this.last.get(session)
        const mine = Deferred.unsafeMake<void>(FiberId.none)
        this.last.set(session, mine)
        const leave = Effect.sync(() => {
          if (this.last.get(session) === mine) this.last.delete(session)
          Deferred.unsafeDone(mine, Effect.void)
        })
        if (before === undefined) return atTheEnd(leave)
        const inOrder = Effect.zipRight(Deferred.await(before), leave)
        return Effect.zipRight(atTheEnd(Effect.forkDaemon(inOrder)), restore(Deferred.await(before)))
      })
    )
}
