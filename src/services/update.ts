/** The `update` of every manager. `promise/update.ts` is the same for promises. */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { notSent, type WriteError } from "../schema/Errors.js"
import { unknownOption } from "../schema/names.js"
import { merged } from "./merge.js"
import { method } from "./method.js"

/** Changes a resource (PATCH), or replaces it with `{ overwrite: true }` (PUT), which takes the full resource. */
export interface Update<Id, Full, Changes, Updated> {
  /** Replaces the resource (PUT): omitted members return to their defaults. */
  (id: Id, replacement: Full, options: { readonly overwrite: true }): Effect.Effect<Full & Updated, WriteError>
  /** Changes the resource (PATCH): omitted members stay, and `metadata` and `default_settings` are merged. */
  (
    id: Id,
    changes: Changes,
    options?: { readonly overwrite?: false | undefined }
  ): Effect.Effect<Changes & Updated, WriteError>
}

interface Mode {
  readonly overwrite?: boolean | undefined
}

/** Makes `update` from its two requests, whose inputs have the members of a schema. */
export const update = <Id, Full extends object, Changes extends object, Updated extends object>(
  span: string,
  schema: Schema.Schema.All,
  put: (id: Id, replacement: Full) => Effect.Effect<Updated, WriteError>,
  patch: (id: Id, changes: Changes) => Effect.Effect<Updated, WriteError>
): Update<Id, Full, Changes, Updated> =>
  method(span)((id: Id, body: Full | Changes, options: Mode = {}) => {
    const unknown = unknownOption("an update", options, { overwrite: true })
    if (unknown !== undefined) return Effect.fail(notSent(unknown.name, unknown.message))
    // The overloads tie the body's type to `overwrite`; the schema rejects what a caller without types gets wrong.
    return (options.overwrite === true ? put(id, body as Full) : patch(id, body as Changes)).pipe(merged(body, schema))
  }) as Update<Id, Full, Changes, Updated>
