/** SQLite's result codes, and what to do about each. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Predicate from "effect/Predicate"

/** By the beginning of the code, because extended codes (`SQLITE_IOERR_WRITE`) add to the primary one. */
const advice: ReadonlyArray<readonly [code: string, advice: string]> = [
  ["SQLITE_FULL", "the disk or the quota of the database is full; free some space and try again"],
  ["SQLITE_BUSY", "the database is locked by another process; close it there, or give each process its own file"],
  ["SQLITE_LOCKED", "the database is locked by another connection; try again"],
  ["SQLITE_CORRUPT", "the database file is damaged; restore a backup, or move the file away to start a new one"],
  ["SQLITE_NOTADB", "the file is not a database of this engine; choose another file"],
  ["SQLITE_READONLY", "the database is read-only; check the permissions of the file and of its directory"],
  ["SQLITE_CANTOPEN", "the database file cannot be opened; check that its directory exists and is writable"],
  ["SQLITE_IOERR", "reading or writing the disk failed; check its health and the free space"],
  ["SQLITE_TOOBIG", "a value is larger than the database can hold"],
  ["SQLITE_CONSTRAINT", "the row violates a constraint"]
]

const codeOf = ({ cause }: SqlError): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""

/** What to do about a failed statement, if its code is known. */
export const adviceFor = (error: SqlError): string | undefined => {
  const code = codeOf(error)
  return advice.find(([prefix]) => code.startsWith(prefix))?.[1]
}

/** Whether a failed statement may work soon: another connection or process has locked the database. */
export const isTransient = (error: SqlError): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))

/** Whether a statement failed because a row that it refers to does not exist. */
export const isForeignKeyViolation = (error: SqlError): boolean => codeOf(error) === "SQLITE_CONSTRAINT_FOREIGNKEY"
