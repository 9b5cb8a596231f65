import * as Schema from "effect/Schema"
import { AgentId } from "./Agent.js"
import { id, JsonObject, nullish, omittable, ranged, reportAll, reported, Timestamp } from "./Field.js"
import { MessageId } from "./Message.js"
import { ResourceCreated, ResourceDeleted } from "./Resource.js"
import { UserId } from "./User.js"

/** The id of a memory. */
export const MemoryId = id("MemoryId")
export type MemoryId = typeof MemoryId.Type

/**
 * Something that an agent remembers, usually about a user. The specification requires a member `type` but never declares
 * it, so it is optional here. `last_accessed_at` is the time of the last recall, to the minute. `source_message_ids`, beyond
 * v0.3, are the messages that the memory comes from; a memory of `memories.create` has none.
 */
export const Memory = Schema.Struct({
  id: MemoryId,
  agent_id: AgentId,
  user_id: nullish(UserId, "nullable"),
  content: Schema.String,
  type: nullish(Schema.String, "nullable"),
  entities: nullish(Schema.Array(JsonObject)),
  sentiment: nullish(reported(-1, 1, 0)),
  timestamp: nullish(Timestamp),
  last_accessed_at: nullish(Timestamp, "optional"),
  source_message_ids: nullish(Schema.Array(MessageId)),
  created_at: Timestamp
}).annotations({ identifier: "Memory" })
export type Memory = typeof Memory.Type

/** The most characters of a memory: several stand in every prompt. */
const MAX_MEMORY = 2000

/**
 * The input to create a memory: one statement, of at most 2,000 characters. Without `user_id` it is about no user.
 * `sentiment` is from -1 to 1, default 0; `timestamp` is when it happened, default now.
 */
export const CreateMemory = Schema.Struct({
  content: Schema.String.pipe(
    Schema.maxLength(MAX_MEMORY),
    Schema.pattern(/\S/, { message: () => "Expected a statement, actual a blank text" })
  ),
  user_id: omittable(UserId),
  entities: omittable(Schema.Array(JsonObject)),
  sentiment: omittable(ranged(-1, 1, 0)),
  timestamp: omittable(Timestamp)
}).annotations({ identifier: "CreateMemoryRequest", ...reportAll })
export type CreateMemory = typeof CreateMemory.Type

/** The response to a create: the id, its time, and the jobs that the request started. */
export const MemoryCreated = ResourceCreated(MemoryId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const MemoryDeleted = ResourceDeleted(MemoryId)
