/** What goes wrong with the store of the embedded engine. */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"

/**
 * Why a database could not be opened.
 *
 * - `missing-binary`: the optional `libsql` package, or its binary for this platform, is not installed
 * - `not-a-database`, `corrupt`: the file is something else, or is damaged or cut short
 * - `permission`: the file or its folder cannot be read and written
 * - `busy`: another program holds the file, although it does not hold our lock
 * - `pragma`: the database did not keep a setting that we rely on
 * - `options`: this process has the file open already, with other options
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
 * The database could not be opened. `message` says what to do about it.
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
 * Another process (or another thread of this one) uses the database file. `pid` is absent when the holder did not
 * leave a number that names a living process here, as across containers.
 *
 * @example
 * ```ts
 * import { Embedded } from "effect-julep/embedded"
 * import { Effect, Layer } from "effect"
 *
 * const engine = Embedded.layer().pipe(Layer.tapError((error) => Effect.logError(error.message)))
 * ```
 */
export class StorageLocked extends Schema.TaggedError<StorageLocked>("effect-julep/StorageLocked")("StorageLocked", {
  file: Schema.String,
  pid: Schema.optionalWith(Schema.Int, { exact: true }),
  message: Schema.String
}) {}

/** The store failed, or holds a row that cannot be read. Never the caller's fault. */
export class StorageError extends Data.TaggedError("StorageError")<{
  readonly message: string
  readonly cause?: unknown
}> {}
