import * as Context from "effect/Context"
import * as Duration from "effect/Duration"

/** How long a streamed response waits for the model's first event, so that a failure before it is its status. */
export class StreamOpening extends Context.Reference<StreamOpening>()("effect-julep/engine/StreamOpening", {
  defaultValue: (): Duration.Duration => Duration.seconds(15)
}) {}
