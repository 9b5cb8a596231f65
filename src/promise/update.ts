/** The `update` of the managers with promises; `services/update.ts` has the one with effects. */
import type * as Effect from "effect/Effect"
import type { RequestError } from "../schema/Errors.js"
import type { Update as ServiceUpdate } from "../services/update.js"
import type { Updated } from "./entities.js"
import type { Use } from "./inFlight.js"
import type { RequestOptions } from "./Options.js"
import { id as idOf } from "./Plain.js"
import type { Runner } from "./Runner.js"

/** Updates a resource: `overwrite` selects replacement (PUT) or change (PATCH). */
interface Update<Full, Changes> {
  (id: string, replacement: Full, mode: { readonly overwrite: true }, options?: RequestOptions): Promise<Full & Updated>
  (
    id: string,
    changes: Changes,
    mode?: { readonly overwrite?: false | undefined },
    options?: RequestOptions
  ): Promise<Changes & Updated>
}

/** @internal */
export const updating = <Id extends string, Full, Changes, Identity extends Updated>(
  runner: Runner,
  of: Use<ServiceUpdate<Id, Full, Changes, Identity>>
): Update<Full, Changes> => {
  function update(
    id: string,
    replacement: Full,
    mode: { readonly overwrite: true },
    options?: RequestOptions
  ): Promise<Full & Updated>
  function update(
    id: string,
    changes: Changes,
    mode?: { readonly overwrite?: false | undefined },
    options?: RequestOptions
  ): Promise<Changes & Updated>
  function update(
    id: string,
    body: Full | Changes,
    mode?: { readonly overwrite?: boolean | undefined },
    options?: RequestOptions
  ): Promise<(Full | Changes) & Updated> {
    return runner.call(
      // The overloads tie the body's type to `overwrite`; the schema rejects what a caller without types gets wrong.
      (julep): Effect.Effect<(Full | Changes) & Updated, RequestError> =>
        // `mode` may have what a caller without types gets wrong.
        of(julep)(idOf(id), body as Full, mode as { readonly overwrite: true }),
      options
    )
  }
  return update
}
