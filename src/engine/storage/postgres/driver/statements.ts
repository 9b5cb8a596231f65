/** Batches as effects. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Restore } from "../../Mutex.js"
import type { PipelinedStatement, Result } from "./Pipeline.js"
import type { Pool, Waiter } from "./Pool.js"
import type { Running, ServerConnection } from "./ServerConnection.js"
import { driverError, sqlError } from "./sqlError.js"

/**
 * Sends statements on a connection. Interrupting it cancels them at the server, and ends when the connection is free
 * again. `settled` runs in any case.
 */
export const send = (
  connection: ServerConnection,
  steps: ReadonlyArray<PipelinedStatement>,
  settled?: (failure: SqlError | undefined) => void
): Effect.Effect<ReadonlyArray<Result>, SqlError> =>
  Effect.async((resume) => {
    const running = connection.run(steps, (failure, results) => {
      const error = failure && sqlError(failure.cause)
      settled?.(error)
      resume(error === undefined ? Exit.succeed(results) : Exit.fail(error))
    })
    return stopping(connection, running)
  })

const stopping = (connection: ServerConnection, running: Running): Effect.Effect<void> =>
  Effect.async((resume) => connection.cancel(running, () => resume(Effect.void)))

/** Waits until nothing is under way on a connection. */
export const whenIdle = (connection: ServerConnection): Effect.Effect<void> =>
  connection.isIdle ? Effect.void : Effect.async((resume) => connection.whenIdle(() => resume(Effect.void)))

/** Waits for a connection of the pool. Call it in an uninterruptible region; `restore` makes only the waiting interruptible. */
export const take = (pool: Pool, restore: Restore): Effect.Effect<ServerConnection, SqlError> =>
  Effect.suspend(() => {
    const idle = pool.tryAcquire()
    if (idle !== undefined) return Effect.succeed(idle)
    let waiter: Waiter | undefined
    const waiting = Effect.async<ServerConnection, SqlError>((resume) => {
      waiter = pool.wait((taken) =>
        resume("connection" in taken ? Effect.succeed(taken.connection) : Effect.fail(sqlError(taken.cause)))
      )
    })
    return Effect.onInterrupt(restore(waiting), () =>
      Effect.sync(() => {
        if (waiter !== undefined) pool.cancelWait(waiter)
      })
    )
  })

/** Sends statements on any connection of the pool; urgent ones do not wait behind others. */
export const sendAnywhere = (
  pool: Pool,
  steps: ReadonlyArray<PipelinedStatement>,
  urgent: boolean
): Effect.Effect<ReadonlyArray<Result>, SqlError> =>
  Effect.async((resume) => {
    let waiter: Waiter | undefined
    let used: { readonly connection: ServerConnection; readonly running: Running } | undefined
    let interrupted = false
    const use = (connection: ServerConnection) => {
      const running = connection.run(steps, (failure, results) => {
        // An interrupted one goes back when no CancelRequest is under way any more.
        if (!interrupted) pool.release(connection)
        resume(failure === undefined ? Exit.succeed(results) : Exit.fail(sqlError(failure.cause)))
      })
      used = { connection, running }
    }
    const idle = pool.tryAcquire()
    if (idle === undefined) {
      waiter = pool.wait((taken) => {
        if ("connection" in taken) use(taken.connection)
        else resume(Exit.fail(sqlError(taken.cause)))
      }, urgent)
    } else {
      use(idle)
    }
    return Effect.async<void>((ended) => {
      if (used === undefined) {
        if (waiter !== undefined) pool.cancelWait(waiter)
        return ended(Effect.void)
      }
      const { connection, running } = used
      if (running.ended) return ended(Effect.void)
      interrupted = true
      connection.cancel(running, () => {
        pool.release(connection)
        ended(Effect.void)
      })
    })
  })

/** A statement without parameters. */
export const command = (text: string): PipelinedStatement => ({ text, values: [], form: "rows" })

/** Fails unless a transaction was really committed: PostgreSQL answers `COMMIT` with `ROLLBACK` after a failure. */
export const committed = (results: ReadonlyArray<Result>): Exit.Exit<void, SqlError> =>
  results.at(-1)?.command === "COMMIT" ? Exit.void : Exit.fail(driverError("The database rolled the transaction back"))
