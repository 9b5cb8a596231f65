/** Wakes those who wait for what another process does. Notifications only shorten the wait: polling is the truth. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { Listener } from "./driver/Listen.js"

/** How long a process waits before it looks again. */
export const pollInterval = Effect.flatMap(Random.nextRange(500, 1000), Effect.sleep)

/** Waits for a notification of a channel with this payload, or for {@link pollInterval}. */
export type Wait = (payload: string) => Effect.Effect<void>

/** Waits for notifications of a channel. It is listened to from the first wait on. */
export const make = (channel: string): Effect.Effect<Wait, never, Listener | Scope.Scope> =>
  Effect.zipWith(Listener, Effect.scope, (listen, scope): Wait => {
    const waiting = new Map<string, Set<() => void>>()
    let listens = false
    const wakeUp = (payload: string) => {
      // Notifications were lost while the connection was down, so all look again.
      const woken =
        payload === "" ? [...waiting.values()].flatMap((all) => [...all]) : [...(waiting.get(payload) ?? [])]
      for (const wake of woken) wake()
    }
    const listening = Effect.suspend(() => {
      if (listens) return Effect.void
      listens = true
      return Effect.asVoid(Effect.forkIn(Effect.interruptible(Scope.extend(listen(channel, wakeUp), scope)), scope))
    })
    const notified = (payload: string) =>
      Effect.async<void>((resume) => {
        const mine = waiting.get(payload) ?? new Set()
        waiting.set(payload, mine)
        const wake = () => resume(Effect.void)
        mine.add(wake)
        return Effect.sync(() => {
          mine.delete(wake)
          if (mine.size === 0) waiting.delete(payload)
        })
      })
    return (payload) => Effect.zipRight(listening, Effect.raceFirst(notified(payload), pollInterval))
  })
