import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { RateLimited } from "../../schema/Errors.js"

/** Whether a request may begin a stream, asked before the model is: a server limits how many are open. Default: it may. */
export class StreamAdmission extends Context.Reference<StreamAdmission>()("effect-julep/engine/StreamAdmission", {
  defaultValue: (): Effect.Effect<void, RateLimited> => Effect.void
}) {}
