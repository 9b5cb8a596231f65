/** The errors that promises reject with; `schema/Errors.ts` has the errors themselves. */
import type { InvalidObject, JulepConfigError, RequestError } from "../schema/Errors.js"
import type { StorageError, StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"
import type { MaxRoundsExceeded } from "../services/run/Run.js"

/**
 * Every error of this package that a method can reject with: those of calls, of typed answers, of runs, and of starting an
 * embedded engine, which the first call does. `_tag` tells them apart. A run also rejects with what its tools throw, and an
 * aborted call with the reason of its signal.
 *
 * @example
 * ```ts
 * import type { JulepError } from "effect-julep/promise"
 *
 * const advice = (error: JulepError): string => {
 *   switch (error._tag) {
 *     case "RateLimited":
 *       return `Try again in ${error.retryAfter ?? "a few"} seconds.`
 *     case "StorageLocked":
 *       return `Process ${error.pid} uses ${error.file}.`
 *     default:
 *       return error.message
 *   }
 * }
 * ```
 */
export type JulepError =
  | RequestError
  | InvalidObject
  | MaxRoundsExceeded
  | JulepConfigError
  | StorageOpenError
  | StorageLocked
  | StorageError
