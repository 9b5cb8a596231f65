import * as Predicate from "effect/Predicate"

/** The code of an unknown failure, SQLite's (`SQLITE_BUSY`) or the system's (`EACCES`), or `""`. */
export const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""

/** The message of an unknown failure. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
