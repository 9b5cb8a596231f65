import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"

/** What `Effect.uninterruptibleMask` hands to its body. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/**
 * A strictly first-come-first-served lock. `Effect.makeSemaphore` loses its permit when a fiber is interrupted between
 * the moment it gets the permit and the moment it notices; a lost permit here would hang the database for good.
 */
export class Mutex {
  private held = false
  private readonly waiting = new Set<Deferred.Deferred<void>>()

  /** Nobody holds the lock, hence nobody waits for it: synchronous work may just run. */
  get free(): boolean {
    return !this.held
  }

  /** Takes the lock. Call it where interruption is off; `restore` makes only the waiting interruptible. */
  acquire(restore: Restore): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.held) {
        this.held = true
        return Effect.void
      }
      const ticket = Deferred.unsafeMake<void>(FiberId.none)
      this.waiting.add(ticket)
      return Effect.onError(restore(Deferred.await(ticket)), () =>
        // A ticket that is no longer in the queue was served in the meantime: hand the lock on.
        this.waiting.delete(ticket) ? Effect.void : this.release
      )
    })
  }

  /** Gives the lock to the first in the queue. */
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
