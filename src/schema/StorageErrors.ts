/** The errors of the store of the embedded engine. */
import * as Schema from "effect/Schema"

/**
 * Why a database could not be opened.
 *
 * - `missing-binary`: the optional package `libsql`, its binary for this platform, or the optional package `pg` is not
 *   installed
 * - `not-a-database`, `corrupt`: the file is not a database, or is damaged or truncated
 * - `permission`: the process may not read or write the file or its folder, or a PostgreSQL server refuses its user
 * - `busy`: another program holds the file without the lock of the engine
 * - `pragma`: the database did not accept a setting that the engine relies on, or is one that it cannot use
 * - `options`: this process has the file open with other options
 * - `io`: anything else
 */
export const OpenReason = Schema.Literal(
  "missing-binary",
  "not-a-database",
  "corrupt",
  "permission",
  "busy",
  "pragma",
  "options",
  "io"
)
export type OpenReason = typeof OpenReason.Type

/**
 * The database could not be opened. `file` is its file, or the URL of a PostgreSQL database without its password. `message`
 * says what to do about it.
 *
 * @example
 * ```ts
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect, Layer } from "effect"
 *
 * const engine = Embedded.layer().pipe(Layer.tapError((error) => Effect.logError(error.message)))
 * ```
 */
export class StorageOpenError extends Schema.TaggedError<StorageOpenError>("effect-julep/StorageOpenError")(
  "StorageOpenError",
  { file: Schema.String, reason: OpenReason, message: Schema.String, cause: Schema.optional(Schema.Defect) }
) {}

/**
 * Another process, or another thread of this one, uses the database file. `pid` is the holder; it is absent if the number in
 * the lock file names no living process here, as across containers.
 *
 * @example
 * ```ts
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect, Layer } from "effect"
 *
 * const engine = Embedded.layer().pipe(
 *   Layer.tapError((error) =>
 *     error._tag === "StorageLocked" ? Effect.logError(`Process ${error.pid} uses ${error.file}`) : Effect.void
 *   )
 * )
 * ```
 */
export class StorageLocked extends Schema.TaggedError<StorageLocked>("effect-julep/StorageLocked")("StorageLocked", {
  file: Schema.String,
  pid: Schema.optionalWith(Schema.Int, { exact: true }),
  message: Schema.String
}) {}

/**
 * The store failed, or has a row that cannot be read. The request is not the cause. `transient`: it may work soon, because
 * the database is away, starts, is busy or is locked. The statement that failed has changed nothing. Absent: `false`.
 *
 * @example
 * ```ts
 * import { drain } from "effect-julep/testing"
 * import { Effect } from "effect"
 *
 * const reported = drain.pipe(Effect.tapErrorTag("StorageError", (error) => Effect.logError(error.message)))
 * ```
 */
export class StorageError extends Schema.TaggedError<StorageError>("effect-julep/StorageError")("StorageError", {
  message: Schema.String,
  transient: Schema.optional(Schema.Boolean),
  cause: Schema.optional(Schema.Defect)
}) {}
