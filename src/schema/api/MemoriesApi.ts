import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { AgentId } from "../Agent.js"
import { Memory, MemoryDeleted, MemoryId } from "../Memory.js"
import { Pages } from "../Resource.js"
import { UserId } from "../User.js"
import { cursorPage } from "./Query.js"

/** A page of an agent's memories: the best matches of `query` first, or, without one (an extension), the newest first. */
export const MemoriesQuery = Schema.Struct({
  query: Schema.optional(Schema.String),
  user_id: Schema.optional(UserId),
  ...cursorPage
})
export type MemoriesCursorQuery = typeof MemoriesQuery.Type
/** `MemoriesQuery` as callers give it: `listAll` sets `after`. */
export type MemoriesQuery = Omit<MemoriesCursorQuery, "after">

/** The operations on memories. */
export const MemoriesApi = HttpApiGroup.make("memories")
  .add(
    HttpApiEndpoint.get("list", "/agents/:agent_id/memories")
      .setPath(Schema.Struct({ agent_id: AgentId }))
      .setUrlParams(MemoriesQuery)
      .addSuccess(Pages(Memory))
  )
  .add(
    HttpApiEndpoint.del("delete", "/agents/:agent_id/memories/:memory_id")
      .setPath(Schema.Struct({ agent_id: AgentId, memory_id: MemoryId }))
      .addSuccess(MemoryDeleted)
      .addSuccess(HttpApiSchema.NoContent)
  )
