import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { ServerError } from "../../../schema/Errors.js"
import type { Storage, StorageError } from "../../ports/Storage.js"
import * as Metrics from "../../telemetry/Metrics.js"

/** How long a turn waits for the ones ahead of it. */
const MAX_WAIT = Duration.minutes(10)

/** A turn in the queue of its session. What the turn behind it waits for is made only where one waits. */
interface QueueEntry {
  readonly turn: string
  readonly since: number
  isLeft: boolean
  /** Ends the waiting of the turn behind it, if one waits. */
  left: Deferred.Deferred<void> | undefined
}

/** An entry of the queue, which holds the session until it leaves. */
export interface Held<A> {
  /** Begins the turn, if there is none ahead, in any process. */
  readonly begin: Effect.Effect<Option.Option<A>, StorageError>
  /** Begins the turn after the turns ahead. */
  readonly wait: Effect.Effect<A, ServerError | StorageError>
  readonly leave: Effect.Effect<void>
}

const busy = (ahead: string) =>
  new ServerError({
    message: `The session is busy: ${ahead}, has not ended. Try again later.`,
    code: "SESSION_BUSY",
    status: 503
  })

const nameOf = ({ since, turn }: QueueEntry, now: number): string =>
  `${turn}, which has been ahead in its queue for ${Math.round((now - since) / 1000)} seconds`

/** Whether a turn is still ahead of the next one. */
const isAhead = (place: QueueEntry | undefined): place is QueueEntry => place !== undefined && !place.isLeft

/** Waits until a turn has left the queue. */
const awaitLeft = (place: QueueEntry | undefined): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!isAhead(place)) return Effect.void
    place.left ??= Deferred.unsafeMake<void>(FiberId.none)
    return Deferred.await(place.left)
  })

/**
 * Runs one turn of a session at a time; turns of different sessions do not wait for each other. Those of this process run in
 * the order of arrival. Where several processes have the same store, they take turns in no certain order. A turn that is
 * interrupted while it waits stays in the queue, and lets the next one pass when its own turn comes.
 */
export class SessionQueue {
  private readonly last = new Map<string, QueueEntry>()

  constructor(private readonly turns: Pick<Storage.Service["turns"], "wait">) {}

  /**
   * Enters the queue of a session. `turn` names the turn to those who wait for it. It begins with `hold`,
   * unless another process runs a turn of the session, and `hold` returns nothing.
   */
  readonly enter = <A>(
    developer: string,
    session: string,
    turn: string,
    hold: Effect.Effect<Option.Option<A>, StorageError, Scope.Scope>
  ): Effect.Effect<Held<A>> =>
    Effect.zipWith(Clock.currentTimeMillis, Scope.make(), (since, scope): Held<A> => {
      const key = `${developer} ${session}`
      const ahead = this.last.get(key)
      const mine: QueueEntry = { turn, since, isLeft: false, left: undefined }
      this.last.set(key, mine)
      const leave = Effect.zipRight(
        Scope.close(scope, Exit.void),
        Effect.sync(() => {
          if (this.last.get(key) === mine) this.last.delete(key)
          mine.isLeft = true
          if (mine.left !== undefined) Deferred.unsafeDone(mine.left, Effect.void)
        })
      )
      const holding = Scope.extend(hold, scope)
      const begin = Effect.suspend(() => (isAhead(ahead) ? Effect.succeedNone : holding))
      const held = (): Effect.Effect<A, StorageError> =>
        Effect.flatMap(
          holding,
          Option.match({
            onNone: () => Effect.zipRight(this.turns.wait(developer, session), held()),
            onSome: Effect.succeed
          })
        )
      const aheadNow = Effect.map(Clock.currentTimeMillis, (now) =>
        isAhead(ahead) ? nameOf(ahead, now) : "a turn of it, which another process runs"
      )
      const waited = () =>
        Effect.flatMap(
          Metrics.whileWaiting(Effect.timeoutOption(Effect.zipRight(awaitLeft(ahead), held()), MAX_WAIT)),
          Option.match({
            onNone: () => Effect.flatMap(aheadNow, (ahead) => Effect.fail(busy(ahead))),
            onSome: Effect.succeed
          })
        )
      return {
        begin,
        wait: Effect.flatMap(begin, Option.match({ onNone: waited, onSome: Effect.succeed })),
        leave: Effect.suspend(() =>
          isAhead(ahead) ? Effect.asVoid(Effect.forkDaemon(Effect.zipRight(awaitLeft(ahead), leave))) : leave
        )
      }
    })

  /** Enters the queue, and runs an effect once the turns ahead are done. */
  readonly run = <A, E, R, B>(
    developer: string,
    session: string,
    turn: string,
    hold: Effect.Effect<Option.Option<B>, StorageError, Scope.Scope>,
    effect: (begun: B) => Effect.Effect<A, E, R>
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.enter(developer, session, turn, hold), ({ leave, wait }) =>
        Effect.ensuring(restore(Effect.flatMap(wait, effect)), leave)
      )
    )
}
