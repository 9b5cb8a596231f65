import * as Schema from "effect/Schema"
import { AgentId } from "./Agent.js"
import { id, JsonObject, nullish, reported, Timestamp } from "./Field.js"
import { MessageId } from "./Message.js"
import { ResourceDeleted } from "./Resource.js"
import { UserId } from "./User.js"

/** The id of a memory. */
export const MemoryId = id("MemoryId")
export type MemoryId = typeof MemoryId.Type

/**
 * Something that an agent remembers, usually about a user. The specification requires a member `type` but never declares
 * it, so it is optional here. `last_accessed_at` is the time of the last recall, to the minute. `source_message_ids`, beyond
 * v0.3, are the messages that the memory comes from.
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

/** The response to a delete: the id, its time, and the jobs that the request started. */
export const MemoryDeleted = ResourceDeleted(MemoryId)
