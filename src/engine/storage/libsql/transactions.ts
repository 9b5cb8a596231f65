import { randomUUID } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { Commits } from "../Commits.js"
import { Mutex, type Restore } from "../Mutex.js"
import { messageOf } from "./causes.js"
import type { NativeDatabase } from "./native.js"
import { spanned } from "./spans.js"

/**
 * Where a statement runs: the connection itself (depth 0), a transaction (1), or a nested one (2 and more). A statement
 * holds the mutex of its level, and a nested transaction holds its parent's until it ends. So siblings queue, and no
 * statement of the parent runs inside a savepoint that may be rolled back.
 */
interface Level {
  readonly parent: Level | undefined
  readonly depth: number
  readonly mutex: Mutex
  readonly hooks: Array<Effect.Effect<void>>
  child: Level | undefined
  ended: boolean
  /** Why the work of this level is lost while its fiber still runs: every further statement fails with this message. */
  lost: string | undefined
}

const makeLevel = (parent: Level | undefined): Level => ({
  parent,
  depth: parent ? parent.depth + 1 : 0,
  mutex: new Mutex(),
  hooks: [],
  child: undefined,
  ended: false,
  lost: undefined
})

const lostError = (lost: string) => Exit.fail(new SqlError({ message: lost, cause: new Error(lost) }))

const attempt = <A>(f: () => A): Exit.Exit<A, SqlError> => {
  try {
    return Exit.succeed(f())
  } catch (cause) {
    return Exit.fail(new SqlError({ cause, message: messageOf(cause) }))
  }
}

/** Synchronous work on the native connection; the argument is the fiber's `SqlClient.SafeIntegers`. */
export type NativeWork<A> = (safeIntegers: boolean) => A

/** One connection shared by many fibers, with transactions. */
export interface Transactions {
  /** Runs at once if the fiber's level is free, otherwise in its turn. */
  readonly run: <A>(work: NativeWork<A>) => Effect.Effect<A, SqlError>
  /** Takes the fiber's level for the scope, and returns a function that runs work in it. */
  readonly reserve: Effect.Effect<<A>(work: NativeWork<A>) => Effect.Effect<A, SqlError>, SqlError, Scope.Scope>
  readonly withTransaction: SqlClient.SqlClient["withTransaction"]
  readonly commits: Commits.Service
  /** Refuses further work: a prepared statement outlives its connection and would still write. */
  readonly close: Effect.Effect<void>
}

/** Queues work and transactions on one native connection. `watch` returns why the connection must not be used any more. */
export const makeTransactions = (db: NativeDatabase, watch: () => string | undefined): Transactions => {
  const root = makeLevel(undefined)
  // One tag per client: a query on another client inside a transaction of this one belongs to that other client.
  const Current = Context.GenericTag<Level>(`effect-julep/LibsqlClient/Transaction/${randomUUID()}`)

  // A fiber may outlive the transaction it was forked in; it continues in the nearest one that is still open.
  const nearest = (context: Context.Context<never>): Level => {
    let level = Context.getOrElse(context, Current, () => root)
    while (level.ended && level.parent) level = level.parent
    return level
  }

  const runAt = <A>(level: Level, context: Context.Context<never>, work: NativeWork<A>): Exit.Exit<A, SqlError> => {
    if (level === root) root.lost ??= watch()
    if (level.lost !== undefined) return lostError(level.lost)
    // Only a connection that was reserved in a transaction and used after its end gets here.
    if (level.ended) return lostError("The transaction of this reserved connection has ended")
    const exit = attempt(() => work(Context.get(context, SqlClient.SafeIntegers)))
    // Some failures, a full disk for one, make SQLite roll back on its own; later statements must not run outside the
    // transaction.
    if (Exit.isFailure(exit) && level !== root && !db.inTransaction) {
      for (let at = level; at.parent; at = at.parent) at.lost = "The database rolled the transaction back"
    }
    return exit
  }

  const lock = (restore: Restore): Effect.Effect<Level, SqlError> =>
    Effect.withFiberRuntime((fiber) => {
      const level = nearest(fiber.currentContext)
      return Effect.zipRight(
        level.mutex.acquire(restore),
        Effect.suspend(() => {
          if (level.lost === undefined && !level.ended) return Effect.succeed(level)
          return Effect.zipRight(level.mutex.release, level.lost === undefined ? lock(restore) : lostError(level.lost))
        })
      )
    })

  const run: Transactions["run"] = (work) =>
    Effect.withFiberRuntime((fiber) => {
      const context = fiber.currentContext
      const level = nearest(context)
      if (level.mutex.free) return runAt(level, context, work)
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(lock(restore), (level) =>
          Effect.ensuring(
            Effect.suspend(() => runAt(level, context, work)),
            level.mutex.release
          )
        )
      )
    })

  const begin = (level: Level): Exit.Exit<void, SqlError> =>
    attempt(() => {
      db.exec(level.depth === 1 ? "BEGIN IMMEDIATE" : `SAVEPOINT level_${level.depth}`)
    })

  const undo = (level: Level): Exit.Exit<void, SqlError> =>
    attempt(() => {
      if (level.depth > 1) db.exec(`ROLLBACK TO level_${level.depth}; RELEASE level_${level.depth}`)
      else if (db.inTransaction) db.exec("ROLLBACK")
    })

  const finish = <A, E>(level: Level, exit: Exit.Exit<A, E>): Exit.Exit<A, E | SqlError> => {
    if (level.lost !== undefined) return Exit.isFailure(exit) ? exit : lostError(level.lost)
    level.ended = true
    const unfinished = level.child
    // A forked fiber is still inside a nested transaction: half of its work must not be committed.
    const settled = unfinished && Exit.isSuccess(exit) ? undo(unfinished) : Exit.void
    for (let at = unfinished; at; at = at.child) at.lost = "The transaction around this one has ended"
    if (Exit.isFailure(exit)) {
      undo(level)
      return exit
    }
    const saved = Exit.isFailure(settled)
      ? settled
      : attempt(() => {
          db.exec(level.depth === 1 ? "COMMIT" : `RELEASE level_${level.depth}`)
        })
    if (Exit.isSuccess(saved)) return exit
    // A deferred constraint fails in COMMIT itself, which leaves the transaction open.
    undo(level)
    return Exit.failCause(saved.cause)
  }

  const runHooks = (hooks: ReadonlyArray<Effect.Effect<void>>): Effect.Effect<void> =>
    Effect.forEach(
      hooks,
      (hook) => Effect.catchAllCause(hook, (cause) => Effect.logError("An effect after a commit died", cause)),
      { discard: true }
    )

  const transact = <A, E, R>(
    parent: Level,
    self: Effect.Effect<A, E, R>,
    span: Tracer.Span | undefined,
    restore: Restore
  ): Effect.Effect<readonly [Exit.Exit<A, E | SqlError>, Level], never, R> => {
    const level = makeLevel(parent)
    if (parent === root) root.lost ??= watch()
    const begun = parent.lost === undefined ? begin(level) : lostError(parent.lost)
    if (Exit.isFailure(begun)) return Effect.succeed([Exit.failCause(begun.cause), level])
    parent.child = level
    return restore(self).pipe(
      Effect.mapInputContext((context: Context.Context<R>) => {
        const inside = Context.add(context, Current, level)
        return span === undefined ? inside : Context.add(inside, Tracer.ParentSpan, span)
      }),
      Effect.exit,
      Effect.map((exit) => {
        parent.child = undefined
        const outcome = finish(level, exit)
        // Before the parent's mutex is free again, so that the parent cannot commit without them.
        if (Exit.isSuccess(outcome) && parent !== root) parent.hooks.push(...level.hooks)
        return [outcome, level] as const
      })
    )
  }

  const withTransaction: Transactions["withTransaction"] = (self) =>
    spanned("sql.transaction", (span) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(lock(restore), (parent) =>
          Effect.ensuring(
            Effect.suspend(() => transact(parent, self, span, restore)),
            parent.mutex.release
          ).pipe(
            Effect.flatMap(([exit, level]) => {
              const committed = Exit.isSuccess(exit) && parent === root && level.hooks.length > 0
              return committed ? Effect.zipRight(runHooks(level.hooks), exit) : exit
            })
          )
        )
      )
    )

  return {
    run,
    withTransaction,
    reserve: Effect.map(
      Effect.uninterruptibleMask((restore) =>
        Effect.tap(lock(restore), (level) => Effect.addFinalizer(() => level.mutex.release))
      ),
      (level) =>
        <A>(work: NativeWork<A>) =>
          Effect.withFiberRuntime<A, SqlError>((fiber) => runAt(level, fiber.currentContext, work))
    ),
    commits: {
      afterCommit: (effect) =>
        Effect.withFiberRuntime((fiber) => {
          const level = nearest(fiber.currentContext)
          if (level === root) return effect
          if (level.lost === undefined) level.hooks.push(effect)
          return Effect.void
        })
    },
    close: Effect.sync(() => {
      for (let at: Level | undefined = root; at; at = at.child) at.lost = "The database is closed"
    })
  }
}
