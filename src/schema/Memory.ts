import * as Schema from "effect/Schema"
import { AgentId } from "./Agent.js"
import {
  type InputType,
  id,
  inputOf,
  JsonInput,
  JsonObject,
  nullish,
  type OpaqueBase,
  omittable,
  ranged,
  reported,
  Timestamp
} from "./Field.js"
import { MessageId } from "./Message.js"
import { ResourceCreated, ResourceDeleted } from "./Resource.js"
import { UserId } from "./User.js"

/** The id of a memory. */
export const MemoryId = id("MemoryId")
export type MemoryId = typeof MemoryId.Type

/**
 * Something that an agent remembers, usually about a user. The specification requires a member `type` but never declares
 * it, so it is optional here.
 */
export const Memory = Schema.Struct({
  id: MemoryId,
  agent_id: AgentId,
  /** The user whom the memory is about, if it is about one. */
  user_id: nullish(UserId, "optional"),
  content: Schema.String,
  /** The kind of memory, on servers that have kinds. The engine has none. */
  type: nullish(Schema.String, "optional"),
  /** What the memory is about, as JSON of any shape. */
  entities: nullish(Schema.Array(JsonObject)),
  /** How the user feels about it, from -1 to 1. */
  sentiment: nullish(reported(-1, 1, 0)),
  /** When the remembered happened, or where its time begins; of what names no time, when it was said. */
  timestamp: nullish(Timestamp),
  /** The last recall, to the minute. */
  last_accessed_at: nullish(Timestamp, "optional"),
  /** Beyond v0.3: the messages that the memory comes from. A memory of `memories.create` has none. */
  source_message_ids: nullish(Schema.Array(MessageId)),
  created_at: Timestamp
}).annotations({ identifier: "Memory" })
export interface Memory extends Schema.Schema.Type<typeof Memory> {}

/** The most characters of a memory: several stand in every prompt. */
const MAX_MEMORY = 2000

/** The input to create a memory. */
export const CreateMemory = Schema.Struct({
  /** One statement, of at most 2,000 characters. */
  content: Schema.String.pipe(
    Schema.maxLength(MAX_MEMORY),
    Schema.pattern(/\S/, { message: () => "Expected a text that is not blank" })
  ),
  /** The user whom the memory is about: the chats of sessions with that user recall it. What every chat needs is a doc. */
  user_id: UserId,
  /** What the memory is about, as JSON of any shape, at most 100. Default: none. */
  entities: omittable(Schema.Array(JsonInput).pipe(Schema.maxItems(100))),
  /** How the user feels about it, from -1 to 1. Default: 0. */
  sentiment: omittable(ranged(-1, 1, 0)),
  /** When it happened. Default: now. */
  timestamp: omittable(Timestamp)
}).annotations({
  identifier: "CreateMemoryRequest",
  ...inputOf("a memory", "id", "agent_id", "type", "last_accessed_at", "source_message_ids", "created_at", "jobs")
})
export interface CreateMemory extends InputType<typeof CreateMemory>, OpaqueBase {}

/** The response to a create: the id, its time, and the jobs that the request started. */
export const MemoryCreated = ResourceCreated(MemoryId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const MemoryDeleted = ResourceDeleted(MemoryId)
