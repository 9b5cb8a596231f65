import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { ServerError } from "../../../schema/Errors.js"
import type { Fence, Storage, StorageError } from "../../ports/Storage.js"
import * as Metrics from "../../telemetry/Metrics.js"

/** How long a turn waits for the ones ahead of it. */
const MAX_WAIT = Duration.minutes(10)

/** A turn in the queue of its session. */
interface Place {
  readonly turn: string
  readonly since: number
  readonly done: Deferred.Deferred<void>
}

/** A turn that has begun, with what it read first. */
export interface Begun<A> {
  readonly fence: Fence
  readonly read: A
}

/** A place in the queue, which is held until it is left. */
export interface Held<A, E> {
  /** Begins the turn, if there is none ahead, in any process. */
  readonly begin: Effect.Effect<Option.Option<Begun<A>>, E | StorageError>
  /** Begins the turn after the turns ahead. */
  readonly wait: Effect.Effect<Begun<A>, E | ServerError | StorageError>
  readonly leave: Effect.Effect<void>
}

const busy = (ahead: string) =>
  new ServerError({
    message: `The session is busy: ${ahead}, has not ended. Try again later.`,
    code: "SESSION_BUSY",
    status: 503
  })

const nameOf = ({ since, turn }: Place, now: number): string =>
  `${turn}, which is ahead in its queue since ${Math.round((now - since) / 1000)} seconds`

/**
 * Runs one turn of a session at a time; turns of different sessions do not wait for each other. Those of this process run in
 * the order of arrival. Where several processes have the same store, they take turns in no certain order. A turn that is
 * interrupted while it waits keeps its place, and lets the next one pass when its own turn comes.
 */
export class SessionQueue {
  private readonly last = new Map<string, Place>()

  constructor(
    private readonly storage: Pick<Storage.Service, "together"> & {
      readonly turns: Pick<Storage.Service["turns"], "hold" | "wait">
    }
  ) {}

  /**
   * Takes the next place in the queue of a session. `turn` names the turn to those who wait for it. It reads as soon as it
   * begins, after the writes of the turns ahead.
   */
  readonly enter = <A, E>(
    developer: string,
    session: string,
    turn: string,
    read: Effect.Effect<A, E>
  ): Effect.Effect<Held<A, E>> =>
    Effect.zipWith(Clock.currentTimeMillis, Scope.make(), (since, scope): Held<A, E> => {
      const key = `${developer} ${session}`
      const ahead = this.last.get(key)
      const mine: Place = { turn, since, done: Deferred.unsafeMake<void>(FiberId.none) }
      this.last.set(key, mine)
      const leave = Effect.zipRight(
        Scope.close(scope, Exit.void),
        Effect.sync(() => {
          if (this.last.get(key) === mine) this.last.delete(key)
          Deferred.unsafeDone(mine.done, Effect.void)
        })
      )
      const { together, turns } = this.storage
      const hold = Effect.map(together(Scope.extend(turns.hold(developer, session), scope), read), ([fence, read]) =>
        Option.map(fence, (fence) => ({ fence, read }))
      )
      const passed = ahead === undefined ? Effect.void : Deferred.await(ahead.done)
      const hasPassed = ahead === undefined ? Effect.succeed(true) : Deferred.isDone(ahead.done)
      const begin = Effect.flatMap(hasPassed, (passed) => (passed ? hold : Effect.succeedNone))
      const held: Effect.Effect<Begun<A>, E | StorageError> = Effect.flatMap(
        hold,
        Option.match({
          onNone: () => Effect.zipRight(turns.wait(developer, session), held),
          onSome: Effect.succeed
        })
      )
      const aheadAt = Effect.zipWith(hasPassed, Clock.currentTimeMillis, (passed, now) =>
        ahead === undefined || passed ? "a turn of it, which another process runs" : nameOf(ahead, now)
      )
      const waited = Effect.flatMap(
        Metrics.whileWaiting(Effect.timeoutOption(Effect.zipRight(passed, held), MAX_WAIT)),
        Option.match({
          onNone: () => Effect.flatMap(aheadAt, (ahead) => Effect.fail(busy(ahead))),
          onSome: Effect.succeed
        })
      )
      return {
        begin,
        wait: Effect.flatMap(begin, Option.match({ onNone: () => waited, onSome: Effect.succeed })),
        leave: Effect.flatMap(hasPassed, (passedBy) =>
          passedBy ? leave : Effect.asVoid(Effect.forkDaemon(Effect.zipRight(passed, leave)))
        )
      }
    })

  /** Runs an effect in the next place of the queue, once the turns ahead are done. */
  readonly run = <A, E, R, B, E2>(
    developer: string,
    session: string,
    turn: string,
    read: Effect.Effect<B, E2>,
    effect: (begun: Begun<B>) => Effect.Effect<A, E, R>
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.enter(developer, session, turn, read), ({ leave, wait }) =>
        Effect.ensuring(restore(Effect.flatMap(wait, effect)), leave)
      )
    )
}
