/** What an agent remembers about a user. */
import { Atom } from "@effect-atom/atom-react"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type AgentId, Memories, type MemoryId, type UserId } from "effect-julep"
import { runtime } from "../../client.js"
import { CHANGED_BY_JOBS } from "../../state/jobs.js"

/** What changes when a memory is formed or deleted. */
const REACTIVITY = ["memories", CHANGED_BY_JOBS]

/** How many memories a page of the list has. */
export const PAGE = 50

/** Whose memories, and what to look for in them. */
export class Wanted extends Data.Class<{
  readonly agent_id: AgentId
  readonly user_id: UserId | undefined
  readonly query: string
}> {}

/** The best matches of the query, or without one the newest first, a page at a time. */
export const memoriesOf = Atom.family(({ agent_id, query, user_id }: Wanted) => {
  const of = { agent_id, ...(user_id === undefined ? {} : { user_id }) }
  return runtime
    .pull(
      Stream.unwrap(
        Effect.map(Memories, (memories) =>
          query === ""
            ? memories.listAll({ ...of, limit: PAGE })
            : Stream.fromIterableEffect(memories.list({ ...of, query, limit: PAGE }))
        )
      )
    )
    .pipe(Atom.withReactivity(REACTIVITY))
})

export const createMemory = runtime.fn(
  (input: { readonly agent_id: AgentId; readonly user_id: UserId; readonly content: string }) =>
    Effect.flatMap(Memories, (memories) => memories.create(input)),
  { reactivityKeys: REACTIVITY }
)

export const deleteMemory = runtime.fn(
  (input: { readonly agent_id: AgentId; readonly memory_id: MemoryId }) =>
    Effect.flatMap(Memories, (memories) => memories.delete(input)),
  { reactivityKeys: REACTIVITY, concurrent: true }
)
