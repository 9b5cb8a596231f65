import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"

/** The argument of the body of `Effect.uninterruptibleMask`. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/**
 * A lock that is strictly first come, first served, and that says synchronously whether it is free, so that a statement
 * on a free connection runs without waiting in an effect. `Effect.makeSemaphore` offers neither: a fiber that asks right
 * after a release can overtake those that wait.
 */
export class Mutex {
  private held = false
  private readonly waiting = new Set<Deferred.Deferred<void>>()

  /** Whether no fiber holds the lock. Then none waits for it either, and synchronous work may run at once. */
  get free(): boolean {
    return !this.held
  }

  /** Takes the lock. Call it in an uninterruptible region; `restore` makes only the waiting interruptible. */
  acquire(restore: Restore): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.held) {
        this.held = true
        return Effect.void
      }
      const ticket = Deferred.unsafeMake<void>(FiberId.none)
      this.waiting.add(ticket)
      return Effect.onError(restore(Deferred.await(ticket)), () =>
        // A ticket that is no longer in the queue was given the lock in the meantime: pass the lock on.
        this.waiting.delete(ticket) ? Effect.void : this.release
      )
    })
  }

  /** Gives the lock to the first fiber in the queue. */
  readonly release: Effect.Effect<void> = Effect.sync(() => {
    const first = this.waiting.values().next()
    if (first.done) {
      this.held = false
    } else {
      this.waiting.delete(first.value)
      Deferred.unsafeDone(first.value, Exit.void)
    }
  })
}
