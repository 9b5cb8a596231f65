import * as Schema from "effect/Schema"
import { AgentId } from "../Agent.js"
import { CreateMemory, Memory, MemoryCreated, MemoryDeleted, MemoryId } from "../Memory.js"
import { Pages } from "../Resource.js"
import { UserId } from "../User.js"
import { del, get, group, post } from "./Operation.js"
import { cursorPage } from "./Query.js"

/** A page of an agent's memories: the best matches of `query` first, or, without one (an extension), the newest first. */
export const MemoriesQuery = Schema.Struct({
  query: Schema.optional(Schema.String),
  user_id: Schema.optional(UserId),
  ...cursorPage
})
export interface MemoriesCursorQuery extends Schema.Schema.Type<typeof MemoriesQuery> {}
/** `MemoriesQuery` as callers give it: `listAll` sets `after`. */
export interface MemoriesQuery extends Omit<MemoriesCursorQuery, "after"> {}

/** The operations on memories. */
export const MemoriesApi = group("memories", {
  list: get("/agents/:agent_id/memories", {
    pathParams: Schema.Struct({ agent_id: AgentId }),
    urlParams: MemoriesQuery,
    success: Pages(Memory)
  }),
  // Beyond v0.3.
  create: post("/agents/:agent_id/memories", {
    pathParams: Schema.Struct({ agent_id: AgentId }),
    payload: CreateMemory,
    success: MemoryCreated,
    status: 201
  }),
  delete: del("/agents/:agent_id/memories/:memory_id", {
    pathParams: Schema.Struct({ agent_id: AgentId, memory_id: MemoryId }),
    success: MemoryDeleted
  })
})
