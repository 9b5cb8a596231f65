import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

/**
 * Limits how many calls run at a time, and starts those that wait in the order of their calls. With Effect's semaphore,
 * a new call may overtake one that is about to wake up.
 */
export class ConcurrencyLimit {
  private running = 0
  private readonly waiting: Array<Deferred.Deferred<void>> = []

  constructor(private readonly limit: number) {}

  /** Waits for a permit, and holds it until the scope closes. */
  readonly permit: Effect.Effect<void, never, Scope.Scope> = Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const hold = Effect.addFinalizer(() => this.release)
      if (this.running < this.limit) {
        this.running += 1
        return hold
      }
      const mine = Deferred.unsafeMake<void>(FiberId.none)
      this.waiting.push(mine)
      const granted = Effect.onInterrupt(restore(Deferred.await(mine)), () => this.giveUp(mine))
      return Effect.zipRight(granted, hold)
    })
  )

  /** Passes the permit to the call that has waited longest. */
  private readonly release = Effect.sync(() => {
    const next = this.waiting.shift()
    if (next === undefined) this.running -= 1
    else Deferred.unsafeDone(next, Effect.void)
  })

  /** Stops waiting. A permit that was passed on in the meantime goes to the next call. */
  private readonly giveUp = (mine: Deferred.Deferred<void>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const index = this.waiting.indexOf(mine)
      if (index < 0) return this.release
      this.waiting.splice(index, 1)
      return Effect.void
    })
}
