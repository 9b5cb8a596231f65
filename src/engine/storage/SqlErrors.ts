/** Failed statements as the `StorageError` of the port. */
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { StorageError } from "../ports/Storage.js"
import * as Postgres from "./codes/postgres.js"
import * as Sqlite from "./codes/sqlite.js"

/** Names the operation that failed, says what to do where that is known, and keeps the cause. */
export const storageError = (operation: string, error: SqlError): StorageError => {
  const advice = Sqlite.adviceFor(error) ?? Postgres.adviceFor(error)
  const detail = error.cause instanceof Error ? error.cause.message : error.message
  const message = advice === undefined ? `${operation}: ${detail}` : `${operation}: ${advice} (${detail})`
  const transient = Sqlite.isTransient(error) || Postgres.isTransient(error)
  return new StorageError({ message, ...(transient ? { transient } : {}), cause: error })
}

/** Turns the failed statements of an effect into a `StorageError`; other errors pass through. */
export const failsAs =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, Extract<E, SqlError>> | StorageError, R> =>
    Effect.catchIf(
      effect,
      (error): error is Extract<E, SqlError> => error instanceof SqlError,
      (error) => Effect.fail(storageError(operation, error))
    )
