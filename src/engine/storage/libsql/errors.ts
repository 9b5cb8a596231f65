import * as Predicate from "effect/Predicate"

export { type OpenReason, StorageLocked, StorageOpenError } from "../../../schema/StorageErrors.js"

/** The SQLite result code (`SQLITE_BUSY`) or the system's (`EACCES`) of an unknown failure, or `""`. */
export const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""

/** The text of an unknown failure. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
