import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type {
  AgentRow,
  DocRow,
  EntryRow,
  JobRow,
  ListQuery,
  MemoryRow,
  Owner,
  SessionRow,
  ToolRow,
  UserRow
} from "../../../../src/engine/ports/Storage.js"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import * as Registry from "../../../../src/engine/storage/libsql/Registry.js"
import * as SqlStorage from "../../../../src/engine/storage/SqlStorage.js"
import { MEMORIES } from "../../../../src/engine/storage/sqlite/Dialect.js"
import { asked } from "../../../../src/engine/text/Words.js"
import * as MemorySearch from "../../../../src/engine/usecases/recall/MemorySearch.js"
import { matchesAndBeside } from "../../../../src/engine/usecases/recall/TurnSearch.js"

/** A store on a file, or on a new database in memory, with its SQL client for looking behind the scenes. */
export const storeOn = (filename = ":memory:") =>
  Layer.provideMerge(Layer.effect(Storage, SqlStorage.make), Registry.layer({ filename }))

/** Runs a test on a new store in memory. */
export const withStore = <A, E>(
  test: (store: Storage.Service, sql: SqlClient.SqlClient) => Effect.Effect<A, E, Storage | SqlClient.SqlClient>
) =>
  Effect.provide(
    Effect.flatMap(Effect.all([Storage, SqlClient.SqlClient]), ([s, sql]) => test(s, sql)),
    storeOn()
  )

/** A new folder, removed with the scope. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-julep-storage-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

let last = 0
/** A new id in the shape of a v4 UUID; ids fall while rows are added, so that no order by id passes for insertion. */
export const newId = (): string => {
  last++
  return `${(0xffffffff - last).toString(16)}-0000-4000-8000-000000000000`
}

export const alice = "00000000-0000-4000-8000-00000000000a"
export const bob = "00000000-0000-4000-8000-00000000000b"

export const agentRow = (row: Partial<AgentRow> = {}): AgentRow => ({
  id: newId(),
  name: "Ada",
  about: "An agent",
  instructions: ["Be brief", "Be kind"],
  model: "gpt-4",
  default_settings: { temperature: 0.5 },
  metadata: {},
  created_at: 1,
  updated_at: 1,
  ...row
})

export const userRow = (row: Partial<UserRow> = {}): UserRow => ({
  id: newId(),
  name: "Uma",
  about: "A user",
  metadata: {},
  created_at: 1,
  updated_at: 1,
  ...row
})

export const sessionRow = (row: Partial<SessionRow> & Pick<SessionRow, "agent_id">): SessionRow => ({
  id: newId(),
  user_id: null,
  situation: "A talk",
  summary: null,
  summarized_through: null,
  render_templates: false,
  metadata: {},
  created_at: 1,
  updated_at: 1,
  ...row
})

export const toolRow = (row: Partial<ToolRow> & Pick<ToolRow, "agent_id">): ToolRow => ({
  id: newId(),
  type: "function",
  name: "weather",
  description: "Tells the weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  created_at: 1,
  updated_at: 1,
  ...row
})

export const docRow = (owner: Owner, row: Partial<DocRow> = {}): DocRow => ({
  id: newId(),
  owner,
  title: "A title",
  content: "A text",
  metadata: {},
  created_at: 1,
  ...row
})

export const entryRow = (row: Partial<EntryRow> = {}): EntryRow => ({
  id: newId(),
  role: "user",
  name: null,
  content: "Hello",
  tool_call_id: null,
  aborted: false,
  created_at: 1,
  ...row
})

export const memoryRow = (row: Partial<MemoryRow> & Pick<MemoryRow, "agent_id">): MemoryRow => ({
  id: newId(),
  user_id: null,
  content: "The user likes tea",
  entities: [],
  sentiment: 0.25,
  timestamp: 1,
  last_accessed_at: null,
  created_at: 1,
  source_message_ids: [],
  ...row
})

export const jobRow = (developer_id: string, row: Partial<JobRow> = {}): JobRow => ({
  id: newId(),
  developer_id,
  name: "summarize",
  payload: { session: "s" },
  state: "pending",
  reason: null,
  progress: 0,
  attempts: 0,
  created_at: 1,
  updated_at: 1,
  ...row
})

/** A page of everything, newest first, but for what is given. */
export const page = (query: Partial<ListQuery> = {}): ListQuery => ({
  limit: 100,
  offset: 0,
  order: "desc",
  sort_by: "created_at",
  metadata_filter: {},
  ...query
})

export const ids = (rows: ReadonlyArray<{ readonly id: string }>): ReadonlyArray<string> => rows.map((row) => row.id)

/** One row of everything, belonging to one developer. */
export const seed = Effect.fnUntraced(function* (developer: string) {
  const store = yield* Storage
  const agent = agentRow()
  const user = userRow()
  const session = sessionRow({ agent_id: agent.id, user_id: user.id })
  const tool = toolRow({ agent_id: agent.id })
  const ofAgent: Owner = { kind: "agent", id: agent.id }
  const ofUser: Owner = { kind: "user", id: user.id }
  const agentDoc = docRow(ofAgent, { title: "Planets" })
  const userDoc = docRow(ofUser, { title: "Gardens" })
  const entry = entryRow()
  const memory = memoryRow({ agent_id: agent.id, user_id: user.id })
  const job = jobRow(developer)
  yield* store.agents.insert(developer, agent)
  yield* store.users.insert(developer, user)
  yield* store.sessions.insert(developer, session)
  yield* store.tools.insert(developer, tool)
  yield* store.docs.insert(developer, agentDoc, ["Saturn has rings", "Mars is red"])
  yield* store.docs.insert(developer, userDoc, ["Roses need water"])
  for (const { id } of [agentDoc, userDoc]) {
    const vector = { position: 0, embedded: id, vector: Float32Array.of(1, 0) }
    yield* store.vectors.put(developer, id, { name: "m", dimensions: 2 }, [vector])
  }
  yield* store.entries.append(developer, session.id, [entry])
  yield* store.memories.remember(developer, memory)
  yield* store.jobs.insert(developer, job)
  return { agent, user, session, tool, ofAgent, ofUser, agentDoc, userDoc, entry, memory, job }
})

const tables = [
  "agents",
  "users",
  "sessions",
  "tools",
  "docs",
  "passages",
  "vectors",
  "embedders",
  "entries",
  "memories",
  "jobs"
] as const

/** Every row of every table, of one developer or of all. */
export const dump = Effect.fnUntraced(function* (developer?: string) {
  const sql = yield* SqlClient.SqlClient
  const rows: Record<string, ReadonlyArray<object>> = {}
  for (const table of tables) {
    const mine = developer === undefined ? sql`TRUE` : sql`developer_id = ${developer}`
    rows[table] = yield* sql`SELECT * FROM ${sql(table)} WHERE ${mine} ORDER BY seq`
  }
  return rows
})

/** How many rows each table and each index holds. */
export const counts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const found: Record<string, number> = {}
  for (const table of [...tables, "passages_fts"]) {
    const rows = yield* sql<{ readonly n: number }>`SELECT count(*) AS n FROM ${sql(table)}`
    found[table] = rows[0]?.n ?? 0
  }
  const indexed = yield* sql<{ readonly turns: number; readonly memories: number }>`
    SELECT count(*) FILTER (WHERE rowid < ${MEMORIES}) AS turns, count(*) FILTER (WHERE rowid >= ${MEMORIES}) AS memories
    FROM recall_fts`
  found["indexed_turns"] = indexed[0]?.turns ?? 0
  found["indexed_memories"] = indexed[0]?.memories ?? 0
  return found
})

/** The best passages for a text, by the index alone, and that words find the same ones as far as they are not too many. */
export const passages =
  (store: Storage.Service) => (developer: string, owners: ReadonlyArray<Owner>, text: string, limit: number) =>
    Effect.gen(function* () {
      const words = asked(text)
      const best = yield* store.docs.best(developer, owners, words, limit)
      const { places } = yield* store.docs.find(developer, owners, words)
      const found = new Set(places.flat())
      const alike = best.length < limit ? found.size === best.length : found.size >= limit
      if (!alike || !best.every((place) => found.has(place))) {
        return yield* Effect.dieMessage(`the best are ${best}, and found are ${[...found]}`)
      }
      const read = new Map(Array.from(yield* store.docs.at(developer, best), (passage) => [passage.place, passage]))
      return best.flatMap((place) => read.get(place) ?? [])
    })

/** The memories of an agent that a search for a text finds. */
export const memoriesOf = (
  store: Storage.Service,
  developer: string,
  agent_id: string,
  text: string,
  { limit = 100, offset = 0, user_id }: { user_id?: string; limit?: number; offset?: number } = {}
) =>
  Effect.flatMap(Effect.provideService(MemorySearch.make, Storage, store), (search) =>
    search.byWords(developer, agent_id, user_id, text, { limit, offset })
  )

/** The turns that a session's search for a text finds, best first, each with how much of the text it says. */
export const turnsOf = (store: Storage.Service, developer: string, session_id: string, text: string) =>
  Effect.gen(function* () {
    const found = matchesAndBeside((yield* store.entries.find(developer, session_id, asked(text))).turns)
    const places = found.map(({ place }) => place)
    const turns = yield* store.entries.turns(developer, session_id, places)
    return found.flatMap(({ place, score }) =>
      turns.filter((turn) => turn.place === place).map((turn) => ({ ...turn, score }))
    )
  })

/** The value of an option that must be there. */
export const some = <A>(option: Option.Option<A>): A => Option.getOrThrow(option)
