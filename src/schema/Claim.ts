import * as Schema from "effect/Schema"
import { omittable, reportAll, Timestamp } from "./Field.js"
import { MessageId } from "./Message.js"

/**
 * Beyond v0.3: a claim of calls of tools that have no result yet. All of them are claimed, or none. A call that is claimed
 * already is a `Conflict`, unless its claim is older than `take_over_after`, in seconds.
 *
 * - `release`, the `claimed_at` of a claim, ends that claim instead: the calls may be claimed again.
 * - `results` are results of some of the calls, by the ids of their messages. They become part of the history, and the model
 *   is not asked for a reply. The same result once more changes nothing; another one is a `Conflict`.
 * - `suspend` claims nothing, and marks the calls as suspended: they run only after a decision.
 */
export const ClaimToolCalls = Schema.Struct({
  message_ids: Schema.Array(MessageId).pipe(Schema.minItems(1)),
  take_over_after: omittable(Schema.Number.pipe(Schema.greaterThanOrEqualTo(0))),
  release: omittable(Timestamp),
  results: omittable(Schema.Record({ key: Schema.String, value: Schema.String })),
  suspend: omittable(Schema.Boolean.annotations({ default: false }))
}).annotations({ identifier: "ClaimToolCallsRequest", ...reportAll })
export type ClaimToolCalls = typeof ClaimToolCalls.Type

/** Beyond v0.3: the calls that were claimed, released or suspended, by the ids of their messages. */
export const ToolCallsClaimed = Schema.Struct({
  message_ids: Schema.Array(MessageId),
  claimed_at: Timestamp
}).annotations({ identifier: "ToolCallsClaimed" })
export type ToolCallsClaimed = typeof ToolCallsClaimed.Type
