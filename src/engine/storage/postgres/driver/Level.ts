/** What a transaction has under way on its connection: how it sends statements, commits and rolls back. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Mutex } from "../../Mutex.js"
import type { PipelinedStatement, Result } from "./Pipeline.js"
import type { ServerConnection } from "./ServerConnection.js"
import { driverError, outcomeUnknown } from "./sqlError.js"
import { command, committed, send, whenIdle } from "./statements.js"

/**
 * A transaction (depth 1) or a nested one (2 and more). A statement holds the mutex of its level, and a nested
 * transaction holds its parent's until it ends. So siblings queue, and no statement of the parent runs inside a savepoint
 * that may be rolled back.
 */
export interface Level {
  readonly parent: Level | undefined
  readonly depth: number
  readonly connection: ServerConnection
  /** What opens and closes levels, and what can wait: it goes with the next statement. Shared by all levels. */
  readonly unsent: Array<PipelinedStatement>
  readonly mutex: Mutex
  readonly hooks: Array<Effect.Effect<void>>
  child: Level | undefined
  ended: boolean
  /** The first failed statement. PostgreSQL refuses all further ones of the level. */
  failed: SqlError | undefined
  /** The last failed statement, also of a nested transaction: decides whether the whole may run again. */
  conflict: SqlError | undefined
  /** Why the work of this level is lost while its fiber still runs. */
  lost: string | undefined
}

export const makeLevel = (connection: ServerConnection, parent: Level | undefined): Level => ({
  parent,
  depth: parent === undefined ? 1 : parent.depth + 1,
  connection,
  unsent: parent === undefined ? [] : parent.unsent,
  mutex: new Mutex(),
  hooks: [],
  child: undefined,
  ended: false,
  failed: undefined,
  conflict: undefined,
  lost: undefined
})

export const opening = (level: Level): string => (level.depth === 1 ? "BEGIN" : `SAVEPOINT level_${level.depth}`)

/** The commands that undo a nested transaction. */
const undoing = ({ depth }: Level): ReadonlyArray<string> => [
  `ROLLBACK TO SAVEPOINT level_${depth}`,
  `RELEASE SAVEPOINT level_${depth}`
]

/** The result of the last statement of a pipeline. */
export const last = (results: ReadonlyArray<Result>): Result => results.at(-1) ?? { rows: [], command: "" }

/** Sends a statement in a level whose mutex the fiber holds, with what was left to be sent before it. */
export const sendIn = (level: Level, step: PipelinedStatement): Effect.Effect<Result, SqlError> =>
  Effect.suspend(() => {
    if (level.lost !== undefined) return Effect.fail(driverError(level.lost))
    // Only a connection that was reserved in a transaction and used after its end gets here.
    if (level.ended) return Effect.fail(driverError("The transaction of this reserved connection has ended"))
    if (level.failed !== undefined) return Effect.fail(level.failed)
    const before = level.unsent.splice(0)
    const settled = (error: SqlError | undefined) => {
      if (error !== undefined) level.failed = level.conflict = error
    }
    const sent =
      step.form === "script" && before.length > 0
        ? Effect.zipRight(send(level.connection, before, settled), send(level.connection, [step], settled))
        : send(level.connection, [...before, step], settled)
    return Effect.map(sent, last)
  })

/** Takes back what of a level was not sent. False if the level is open at the server. */
const takeBack = (level: Level): boolean => {
  const at = level.unsent.findLastIndex(({ text }) => text === opening(level))
  if (at >= 0) level.unsent.splice(at)
  return at >= 0
}

/** Gives up a level. A connection whose transaction cannot be rolled back is closed, which does it. */
const rollBack = (level: Level): Effect.Effect<void> => {
  if (takeBack(level)) return Effect.void
  level.unsent.splice(0)
  const commands = level.depth === 1 ? ["ROLLBACK"] : undoing(level)
  const sent = send(level.connection, commands.map(command), (error) => {
    if (error === undefined) return
    if (level.parent === undefined) level.connection.destroy()
    else level.parent.failed ??= error
  })
  return Effect.ignore(sent)
}

const commit = (level: Level): Effect.Effect<void, SqlError> => {
  // A forked fiber is still inside a nested transaction: half of its work must not be committed.
  if (level.child !== undefined && !takeBack(level.child)) level.unsent.push(...undoing(level.child).map(command))
  if (level.unsent.at(-1)?.text === opening(level)) {
    level.unsent.pop()
    return Effect.void
  }
  level.unsent.push(command(level.depth === 1 ? "COMMIT" : `RELEASE SAVEPOINT level_${level.depth}`))
  // The end of a nested transaction goes with the next statement.
  if (level.depth > 1) return Effect.void
  const lostBefore = level.connection.lost !== undefined
  return send(level.connection, level.unsent.splice(0)).pipe(
    Effect.mapError((error) => (lostBefore || level.connection.lost === undefined ? error : outcomeUnknown(error))),
    Effect.flatMap(committed),
    Effect.tapError((error) =>
      Effect.suspend(() => {
        level.conflict = error
        return rollBack(level)
      })
    )
  )
}

/** Hands on to the parent what outlives a level. */
const leave = ({ parent, conflict, hooks }: Level, kept: boolean): void => {
  if (parent === undefined) return
  parent.child = undefined
  parent.conflict = conflict ?? parent.conflict
  if (kept) parent.hooks.push(...hooks)
}

/**
 * Ends a level. Waits for the statement that a forked fiber has under way, and closes the levels inside this one to its
 * further ones.
 */
export const finish = <A, E>(level: Level, exit: Exit.Exit<A, E>): Effect.Effect<A, E | SqlError> =>
  Effect.suspend(() => {
    level.ended = true
    for (let at = level.child; at !== undefined; at = at.child) at.lost = "The transaction around this one has ended"
    return Effect.zipRight(
      whenIdle(level.connection),
      Effect.suspend((): Effect.Effect<A, E | SqlError> => {
        if (level.lost !== undefined) return Exit.isFailure(exit) ? exit : Effect.fail(driverError(level.lost))
        leave(level, Exit.isSuccess(exit) && level.failed === undefined)
        if (Exit.isFailure(exit)) return Effect.zipRight(rollBack(level), exit)
        return level.failed === undefined
          ? Effect.zipRight(commit(level), exit)
          : Effect.zipRight(rollBack(level), Effect.fail(level.failed))
      })
    )
  })
