import * as Effect from "effect/Effect"
import type { RequestError } from "../schema/Errors.js"
import { merged } from "./merge.js"

/** Changing a resource: PATCH by default, PUT with `{ overwrite: true }`, which demands the full resource. */
export interface Update<Id, Full, Changes, Updated> {
  /** Replaces the resource (PUT): what is left out goes back to its default. */
  (id: Id, replacement: Full, options: { readonly overwrite: true }): Effect.Effect<Full & Updated, RequestError>
  /** Changes the resource (PATCH): what is left out stays, `metadata` is merged deeply. */
  (
    id: Id,
    changes: Changes,
    options?: { readonly overwrite?: false | undefined }
  ): Effect.Effect<Changes & Updated, RequestError>
}

/** `update` from its two requests. */
export const update = <Id, Full extends object, Changes extends object, Updated extends object>(
  span: string,
  put: (id: Id, replacement: Full) => Effect.Effect<Updated, RequestError>,
  patch: (id: Id, changes: Changes) => Effect.Effect<Updated, RequestError>
): Update<Id, Full, Changes, Updated> =>
  Effect.fn(span)((id: Id, body: Full | Changes, options?: { readonly overwrite?: boolean | undefined }) =>
    // The overloads tie the body's type to `overwrite`; a caller without types is told by the schema.
    (options?.overwrite === true ? put(id, body as Full) : patch(id, body as Changes)).pipe(merged(body))
  ) as Update<Id, Full, Changes, Updated>
