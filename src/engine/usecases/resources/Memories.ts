/** The use cases of memories, which answer the calls of the manager in `services/Memories.ts`. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AgentId } from "../../../schema/Agent.js"
import type { MemoriesCursorQuery } from "../../../schema/api/MemoriesApi.js"
import type { CreateMemory, MemoryId } from "../../../schema/Memory.js"
import type { MessageId } from "../../../schema/Message.js"
import type { UserId } from "../../../schema/User.js"
import { Ids } from "../../ports/Ids.js"
import { type MemoryRow, Storage } from "../../ports/Storage.js"
import { dayOf, LAST_DATE } from "../../text/Periods.js"
import { orNotFound, unprocessable } from "../Failure.js"
import { JobQueue } from "../JobQueue.js"
import * as EmbedJobs from "../recall/EmbedJobs.js"
import { deleteExpired } from "../recall/MemoryLifetime.js"
import * as MemorySearch from "../recall/MemorySearch.js"
import * as QueryVector from "../recall/QueryVector.js"
import { checkMetadata } from "./Metadata.js"
import { paged, pageOf } from "./Paging.js"
import { created, deleted } from "./Receipts.js"

const memoryId = Brand.nominal<MemoryId>()
const agentId = Brand.nominal<AgentId>()
const userId = Brand.nominal<UserId>()
const messageId = Brand.nominal<MessageId>()

/** The specification requires `user_id` and `type`, and declares no null: the engine leaves out what a memory has not. */
const toMemory = (row: MemoryRow) => ({
  id: memoryId(row.id),
  agent_id: agentId(row.agent_id),
  ...(row.user_id === null ? {} : { user_id: userId(row.user_id) }),
  content: row.content,
  entities: row.entities,
  sentiment: row.sentiment,
  timestamp: new Date(row.timestamp),
  ...(row.last_accessed_at === null ? {} : { last_accessed_at: new Date(row.last_accessed_at) }),
  source_message_ids: row.source_message_ids.map((id) => messageId(id)),
  created_at: new Date(row.created_at)
})

/** When a memory happened, to the end of its day; without a time, when it was stored. */
const timeOf = (time: Date | undefined, at: number) =>
  time === undefined
    ? { timestamp: at, ends_at: null }
    : { timestamp: time.getTime(), ends_at: Math.min(dayOf(time.getTime()).until, LAST_DATE) }

const searched = () =>
  unprocessable("after", "cannot be combined with query. Use offset to page through search results.")

/** The memories of agents. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const queue = yield* JobQueue
  const embeds = yield* EmbedJobs.make
  const search = yield* MemorySearch.make
  const { embed } = yield* QueryVector.make
  const expire = yield* deleteExpired
  const agentExists = (developer: string, id: AgentId) => orNotFound("agent", id)(storage.agents.exists(developer, id))
  const userExists = (developer: string, id: UserId | undefined) =>
    id === undefined ? Effect.void : orNotFound("user", id)(storage.users.exists(developer, id))
  return {
    list: Effect.fnUntraced(function* (developer: string, agent_id: AgentId, query: MemoriesCursorQuery) {
      yield* agentExists(developer, agent_id)
      yield* userExists(developer, query.user_id)
      yield* expire(developer, agent_id)
      const { after, user_id } = query
      if (query.query === undefined) {
        return yield* paged(`memories of ${agent_id}`, query, toMemory, (page) =>
          storage.memories.list(developer, agent_id, { user_id, ...page })
        )
      }
      if (after !== undefined) return yield* Effect.fail(searched())
      const vector = yield* embed(developer, query.query)
      const found = yield* search.find(developer, agent_id, user_id, query.query, pageOf(query), vector)
      return { items: found.map(toMemory) }
    }),
    /** A statement of the same time that is remembered already, but for case and white space, is kept: returns its identity. */
    create: Effect.fnUntraced(function* (developer: string, agent_id: AgentId, input: CreateMemory) {
      yield* checkMetadata(input.entities, "entities")
      yield* orNotFound("agent", agent_id)(storage.agents.existsForShare(developer, agent_id))
      if (input.user_id !== undefined)
        yield* orNotFound("user", input.user_id)(storage.users.existsForShare(developer, input.user_id))
      yield* expire(developer, agent_id)
      const at = yield* Clock.currentTimeMillis
      const { content, timestamp, user_id } = input
      const statement = { agent_id, user_id, content, ...timeOf(timestamp, at) }
      const known = yield* storage.memories.same(developer, statement)
      if (Option.isSome(known)) return created(memoryId(known.value.id), known.value.created_at)
      const id = yield* ids.next
      yield* storage.memories.remember(developer, {
        ...statement,
        id,
        entities: (input.entities ?? []).map((entity) => ({ ...entity })),
        sentiment: input.sentiment ?? 0,
        last_accessed_at: null,
        created_at: at,
        source_message_ids: []
      })
      // Another request may have remembered it meanwhile.
      const kept = yield* storage.memories.same(developer, statement)
      if (Option.isSome(kept) && kept.value.id !== id) return created(memoryId(kept.value.id), kept.value.created_at)
      yield* Effect.forEach(embeds(EmbedJobs.ofMemories(agent_id, input.user_id ?? null)), (work) =>
        queue.add(developer, work)
      )
      return created(memoryId(id), at)
    }, storage.transaction),
    /** Also deletes the summaries of what the memory was drawn from; a job writes them anew without it. */
    remove: Effect.fnUntraced(function* (developer: string, agent_id: AgentId, id: MemoryId) {
      yield* agentExists(developer, agent_id)
      const sessions = yield* storage.sessions.dropSummaries(developer, agent_id, id)
      yield* orNotFound("memory", id)(storage.memories.remove(developer, agent_id, id))
      for (const session_id of sessions) {
        yield* queue.add(developer, { name: "summarize_session", payload: { session_id } })
      }
      return yield* deleted(id)
    }, storage.transaction)
  }
})
