import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import { ServerError } from "../../../schema/Errors.js"
import * as Metrics from "../../telemetry/Metrics.js"

/** How long a turn waits for the ones ahead of it. */
const MAX_WAIT = Duration.minutes(10)

/** A turn in the queue of its session. */
interface Place {
  readonly turn: string
  readonly since: number
  readonly done: Deferred.Deferred<void>
}

/** A place in the queue, which is held until it is left. */
export interface Held {
  /** Waits for the turns ahead; succeeds with whether there were any. */
  readonly wait: Effect.Effect<boolean, ServerError>
  /** Whether there is a turn ahead. */
  readonly waits: boolean
  readonly leave: Effect.Effect<void>
}

const busy = ({ since, turn }: Place, now: number) =>
  new ServerError({
    message: `The session is busy: ${turn}, which is ahead in its queue since ${Math.round((now - since) / 1000)} seconds, has not ended. Try again later.`,
    code: "SESSION_BUSY",
    status: 503
  })

/**
 * Runs one turn of a session at a time, in the order of arrival; turns of different sessions do not wait for each other.
 * A turn that is interrupted while it waits keeps its place, and lets the next one pass when its own turn comes.
 */
export class SessionQueue {
  private readonly last = new Map<string, Place>()

  /** Takes the next place in the queue of a session. `turn` names the turn to those who wait for it. */
  readonly enter = (session: string, turn: string): Effect.Effect<Held> =>
    Effect.map(Clock.currentTimeMillis, (since): Held => {
      const ahead = this.last.get(session)
      const mine: Place = { turn, since, done: Deferred.unsafeMake<void>(FiberId.none) }
      this.last.set(session, mine)
      const leave = Effect.sync(() => {
        if (this.last.get(session) === mine) this.last.delete(session)
        Deferred.unsafeDone(mine.done, Effect.void)
      })
      if (ahead === undefined) return { waits: false, wait: Effect.succeed(false), leave }
      const passed = Deferred.await(ahead.done)
      return {
        waits: true,
        wait: Effect.flatMap(Metrics.whileWaiting(Effect.timeoutOption(passed, MAX_WAIT)), (inTime) =>
          Option.isSome(inTime)
            ? Effect.succeed(true)
            : Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(busy(ahead, now)))
        ),
        leave: Effect.flatMap(Deferred.isDone(ahead.done), (hasPassed) =>
          hasPassed ? leave : Effect.asVoid(Effect.forkDaemon(Effect.zipRight(passed, leave)))
        )
      }
    })

  /** Runs an effect in the next place of the queue, once the turns ahead are done. */
  readonly run = <A, E, R>(session: string, turn: string, effect: Effect.Effect<A, E, R>) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.enter(session, turn), ({ leave, wait }) =>
        Effect.ensuring(restore(Effect.zipRight(wait, effect)), leave)
      )
    )
}
