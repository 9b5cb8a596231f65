import { randomUUID } from "node:crypto"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { Commits } from "../../Commits.js"
import { codeOf, isLost, retriesOf } from "../../codes/postgres.js"
import { Mutex, type Restore } from "../../Mutex.js"
import { Urgent } from "../../Urgent.js"
import { finish, type Level, last, makeLevel, opening, sendIn } from "./Level.js"
import { type Half, makePair } from "./Pair.js"
import type { PipelinedStatement, Result } from "./Pipeline.js"
import type { Pool } from "./Pool.js"
import { spanned } from "./spans.js"
import { driverError, outcomeUnknown } from "./sqlError.js"
import { command, send, sendAnywhere, take } from "./statements.js"

type Run = (step: PipelinedStatement) => Effect.Effect<Result, SqlError>

/** Statements that may change rows. */
const changes = /\b(?:INSERT|UPDATE|DELETE)\b/i

/** Connections of a pool that are shared by many fibers, with transactions. */
export interface Transactions {
  /** Runs in the fiber's transaction, or on any connection. */
  readonly run: Run
  /** In a transaction, sends a statement with the next one, or with `COMMIT`. */
  readonly later: (step: PipelinedStatement) => Effect.Effect<void, SqlError>
  /** Runs a statement that is a transaction of its own: again where a transaction does. In a transaction it is part of that. */
  readonly alone: <A>(statement: Effect.Effect<A, SqlError>) => Effect.Effect<A, SqlError>
  /** Runs two effects at the same time. The first statements that they run, outside a transaction, are one round trip. */
  readonly together: <A, E, R, B, E2, R2>(
    first: Effect.Effect<A, E, R>,
    second: Effect.Effect<B, E2, R2>
  ) => Effect.Effect<[A, B], E | E2, R | R2>
  /** Takes a connection, or the fiber's transaction, for the scope, and returns a function that runs statements there. */
  readonly reserve: Effect.Effect<Run, SqlError, Scope.Scope>
  readonly withTransaction: SqlClient.SqlClient["withTransaction"]
  readonly commits: Commits.Service
}

const runHooks = (hooks: ReadonlyArray<Effect.Effect<void>>): Effect.Effect<void> =>
  Effect.forEach(
    hooks,
    (hook) => Effect.catchAllCause(hook, (cause) => Effect.logError("An effect after a commit died", cause)),
    { discard: true }
  )

/**
 * The time before the next attempt of a transaction: none at first, then longer and longer, and never the same. None where
 * the other transaction is committed already.
 */
const pause = (attempt: number, conflict: SqlError): Effect.Effect<void> =>
  attempt === 1 || codeOf(conflict.cause) === "23505"
    ? Effect.void
    : Effect.flatMap(Random.nextRange(0.5, 1.5), (jitter) => Effect.sleep(Duration.millis(10 * 2 ** attempt * jitter)))

/** Hands out connections to statements and transactions. */
export const makeTransactions = (pool: Pool): Transactions => {
  // One tag per client: a query on another client inside a transaction of this one belongs to that other client.
  const Current = Context.GenericTag<Level>(`effect-julep/PostgresClient/Transaction/${randomUUID()}`)

  // A fiber may outlive the transaction it was forked in; it continues in the nearest one that is still open.
  const nearest = (context: Context.Context<never>): Level | undefined => {
    let level = Context.getOrElse(context, Current, (): Level | undefined => undefined)
    while (level?.ended) level = level.parent
    return level
  }

  /** Takes the mutex of the fiber's level, if it is in one. */
  const lock = (restore: Restore): Effect.Effect<Level | undefined, SqlError> =>
    Effect.withFiberRuntime((fiber) => {
      const level = nearest(fiber.currentContext)
      if (level === undefined) return Effect.succeed(undefined)
      return Effect.zipRight(
        level.mutex.acquire(restore),
        Effect.suspend(() => {
          if (level.lost === undefined && !level.ended) return Effect.succeed(level)
          return Effect.zipRight(
            level.mutex.release,
            level.lost === undefined ? lock(restore) : Effect.fail(driverError(level.lost))
          )
        })
      )
    })

  const Paired = Context.GenericTag<Half>(`effect-julep/PostgresClient/Half/${randomUUID()}`)

  const run: Run = (step) =>
    Effect.withFiberRuntime((fiber) => {
      const context = fiber.currentContext
      const sendAll = (steps: ReadonlyArray<PipelinedStatement>) =>
        sendAnywhere(pool, steps, Context.get(context, Urgent))
      const anywhere = Effect.suspend(() => Effect.map(sendAll([step]), last))
      if (nearest(context) === undefined) {
        const half = Context.getOrElse(context, Paired, (): Half | undefined => undefined)
        // A script goes in a pipeline of its own.
        const sent = half === undefined || step.form === "script" ? anywhere : half.run(step, sendAll)
        // The statement is a transaction of its own: what it changes may be committed.
        return Effect.mapError(sent, (error) =>
          isLost(error) && changes.test(step.text) ? outcomeUnknown(error) : error
        )
      }
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(lock(restore), (level) =>
          level === undefined ? restore(anywhere) : Effect.ensuring(restore(sendIn(level, step)), level.mutex.release)
        )
      )
    })

  const together: Transactions["together"] = (first, second) =>
    Effect.withFiberRuntime((fiber) => {
      if (nearest(fiber.currentContext) !== undefined) return Effect.zip(first, second)
      const pair = makePair()
      const half = <A, E, R>(effect: Effect.Effect<A, E, R>, half: Half) =>
        Effect.ensuring(
          Effect.mapInputContext(effect, (context: Context.Context<R>) => Context.add(context, Paired, half)),
          half.end
        )
      return Effect.zip(half(first, pair.first), half(second, pair.second), { concurrent: true })
    })

  const later: Transactions["later"] = (step) =>
    Effect.withFiberRuntime((fiber) => {
      if (nearest(fiber.currentContext) === undefined) return Effect.asVoid(run(step))
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(lock(restore), (level) => {
          if (level === undefined) return restore(Effect.asVoid(run(step)))
          const queued =
            level.failed === undefined ? Effect.sync(() => void level.unsent.push(step)) : Effect.fail(level.failed)
          return Effect.zipRight(level.mutex.release, queued)
        })
      )
    })

  const alone: Transactions["alone"] = (statement) =>
    Effect.withFiberRuntime((fiber) => {
      if (nearest(fiber.currentContext) !== undefined) return statement
      const attempt = (attempts: number): typeof statement =>
        Effect.catchAll(statement, (error) => {
          if (attempts > retriesOf(error)) return Effect.fail(isLost(error) ? outcomeUnknown(error) : error)
          return Effect.zipRight(pause(attempts, error), attempt(attempts + 1))
        })
      return attempt(1)
    })

  /** Runs an effect in a level of its own, once. */
  const attempt = <A, E, R>(
    level: Level,
    self: Effect.Effect<A, E, R>,
    span: Tracer.Span | undefined,
    restore: Restore
  ): Effect.Effect<Exit.Exit<A, E | SqlError>, never, R> => {
    const { parent } = level
    level.unsent.push(command(opening(level)))
    if (parent !== undefined) parent.child = level
    return restore(self).pipe(
      Effect.mapInputContext((context: Context.Context<R>) => {
        const inside = Context.add(context, Current, level)
        return span === undefined ? inside : Context.add(inside, Tracer.ParentSpan, span)
      }),
      Effect.exit,
      Effect.flatMap((exit) => Effect.exit(finish(level, exit)))
    )
  }

  const outermost = <A, E, R>(
    self: Effect.Effect<A, E, R>,
    span: Tracer.Span | undefined,
    restore: Restore,
    attempts: number
  ): Effect.Effect<A, E | SqlError, R> =>
    Effect.flatMap(take(pool, restore), (connection) => {
      const level = makeLevel(connection, undefined)
      return attempt(level, self, span, restore).pipe(
        Effect.ensuring(Effect.sync(() => pool.release(connection))),
        Effect.flatMap((exit) => {
          if (Exit.isSuccess(exit))
            return level.hooks.length === 0 ? exit : Effect.zipRight(runHooks(level.hooks), exit)
          const { conflict } = level
          const retry = conflict !== undefined && attempts <= retriesOf(conflict)
          if (!retry || Cause.isInterrupted(exit.cause)) return exit
          return Effect.zipRight(restore(pause(attempts, conflict)), outermost(self, span, restore, attempts + 1))
        })
      )
    })

  const withTransaction: Transactions["withTransaction"] = (self) =>
    spanned("sql.transaction", (span) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(lock(restore), (parent) => {
          if (parent === undefined) return outermost(self, span, restore, 1)
          return Effect.suspend(() =>
            parent.failed === undefined
              ? Effect.flatten(attempt(makeLevel(parent.connection, parent), self, span, restore))
              : Effect.fail(parent.failed)
          ).pipe(Effect.ensuring(parent.mutex.release))
        })
      )
    )

  return {
    run,
    later,
    alone,
    together,
    withTransaction,
    reserve: Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(lock(restore), (level) => {
        if (level !== undefined) {
          return serial(
            (step) => sendIn(level, step),
            Effect.suspend(() => level.mutex.release)
          )
        }
        return Effect.flatMap(take(pool, restore), (connection) =>
          serial(
            (step) => Effect.map(send(connection, [step]), last),
            Effect.sync(() => pool.release(connection))
          )
        )
      })
    ),
    commits: {
      afterCommit: (effect) =>
        Effect.withFiberRuntime((fiber) => {
          const level = nearest(fiber.currentContext)
          if (level === undefined) return effect
          if (level.lost === undefined) level.hooks.push(effect)
          return Effect.void
        })
    }
  }
}

/** Runs one statement at a time for the scope. `release` runs when the last of them has ended. */
const serial = (run: Run, release: Effect.Effect<void>): Effect.Effect<Run, never, Scope.Scope> => {
  const mutex = new Mutex()
  return Effect.as(
    Effect.addFinalizer(() => Effect.zipRight(mutex.acquire(identity), release)),
    (step) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(mutex.acquire(restore), Effect.ensuring(restore(run(step)), mutex.release))
      )
  )
}
