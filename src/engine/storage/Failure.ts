import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { StorageError } from "../ports/Storage.js"
import { codeOf, messageOf } from "./libsql/errors.js"

const advice: ReadonlyArray<readonly [code: string, advice: string]> = [
  ["SQLITE_FULL", "the disk or the quota of the database is full; free some space and try again"],
  ["SQLITE_BUSY", "the database is locked by another process; close it there, or give each process its own file"],
  ["SQLITE_LOCKED", "the database is locked by another connection; try again"],
  ["SQLITE_CORRUPT", "the database file is damaged; restore a backup, or move the file away to start a new one"],
  ["SQLITE_NOTADB", "the file is not a database of this engine; name another file"],
  ["SQLITE_READONLY", "the database is read-only; check the permissions of the file and of its directory"],
  ["SQLITE_CANTOPEN", "the database file cannot be opened; check that its directory exists and is writable"],
  ["SQLITE_IOERR", "the disk failed while it was read or written; check its health and the free space"],
  ["SQLITE_TOOBIG", "a value is larger than the database can hold"],
  ["SQLITE_CONSTRAINT", "the row does not fit the rows that are there"]
]

/** A failed statement as the store's own error. The message says what failed and what to do about it. */
export const storageError = (operation: string, error: SqlError): StorageError => {
  const code = codeOf(error.cause)
  const detail = error.cause === undefined ? error.message : messageOf(error.cause)
  const known = advice.find(([prefix]) => code.startsWith(prefix))
  const message = known === undefined ? `${operation}: ${detail}` : `${operation}: ${known[1]} (${detail})`
  return new StorageError({ message, cause: error })
}

/** Turns the failed statements of an effect into the store's own error; other errors pass through. */
export const failsAs =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, Extract<E, SqlError>> | StorageError, R> =>
    Effect.catchIf(
      effect,
      (error): error is Extract<E, SqlError> => error instanceof SqlError,
      (error) => Effect.fail(storageError(operation, error))
    )

/**
 * Runs the insertion of rows that refer to others; false, and nothing written, when what they refer to is not there. The
 * foreign key decides, so that no check can be out of date.
 */
export const refersToRows = <A>(
  operation: string,
  insertion: Effect.Effect<A, SqlError>
): Effect.Effect<boolean, StorageError> =>
  Effect.matchEffect(insertion, {
    onSuccess: () => Effect.succeed(true),
    onFailure: (error) =>
      codeOf(error.cause) === "SQLITE_CONSTRAINT_FOREIGNKEY"
        ? Effect.succeed(false)
        : Effect.fail(storageError(operation, error))
  })
