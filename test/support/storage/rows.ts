/** Rows for tests of a store, each whole, with the members that a test names in place of the usual ones. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type {
  AgentRow,
  DocRow,
  EntryRow,
  Fence,
  FinishedTurn,
  JobRow,
  ListQuery,
  MemoryRow,
  Owner,
  Page,
  SessionRow,
  SuggestionRow,
  ToolRow,
  UserRow
} from "../../../src/engine/ports/Storage.js"
import { Storage } from "../../../src/engine/ports/Storage.js"

/** The rows of a page, without the position behind it. */
export const rowsOf: <Row, E, R>(page: Effect.Effect<Page<Row>, E, R>) => Effect.Effect<ReadonlyArray<Row>, E, R> =
  Effect.map(({ rows }) => rows)

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
  key: null,
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
  history_epoch: 0,
  nonce: "0123456aZ",
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
  description: "Reports the weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  strict: null,
  ensured: false,
  created_at: 1,
  updated_at: 1,
  ...row
})

export const docRow = (owner: Owner, row: Partial<DocRow> = {}): DocRow => ({
  id: newId(),
  owner,
  key: null,
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
  extra: null,
  from_model: false,
  refused: false,
  suspended: false,
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
  ends_at: null,
  last_accessed_at: null,
  created_at: 1,
  source_message_ids: [],
  ...row
})

export const finishedTurn = (fence: Fence, turn: Partial<FinishedTurn>): FinishedTurn => ({
  entries: [],
  shared: true,
  answers: null,
  fence,
  at: 1,
  accessed: [],
  memories: [],
  writesMore: false,
  ...turn
})

/** Ends a turn of a session of Alice's, which begins with it. */
export const finish = (store: Storage.Service, session: string, turn: Partial<FinishedTurn>) =>
  Effect.scoped(
    Effect.flatMap(store.turns.hold(alice, session), (fence) =>
      store.turns.finish(alice, session, finishedTurn(some(fence), turn), Effect.void)
    )
  )

export const suggestionRow = (
  row: Partial<SuggestionRow> & Pick<SuggestionRow, "session_id" | "message_id">
): SuggestionRow => ({ id: newId(), target: "user", content: "Ask for tea", created_at: 1, ...row })

export const jobRow = (developer_id: string, row: Partial<JobRow> = {}): JobRow => ({
  id: newId(),
  developer_id,
  name: "summarize",
  payload: { session: "s" },
  lane: null,
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
  const agent = agentRow({ key: newId() })
  const user = userRow()
  const session = sessionRow({ agent_id: agent.id, user_id: user.id })
  const tool = toolRow({ agent_id: agent.id })
  const ofAgent: Owner = { kind: "agent", id: agent.id }
  const ofUser: Owner = { kind: "user", id: user.id }
  const agentDoc = docRow(ofAgent, { key: "planets", title: "Planets" })
  const userDoc = docRow(ofUser, { title: "Gardens" })
  const entry = entryRow()
  const memory = memoryRow({ agent_id: agent.id, user_id: user.id })
  const suggestion = suggestionRow({ session_id: session.id, message_id: entry.id })
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
  yield* store.entries.claim(developer, session.id, [entry.id], 5, null)
  yield* store.memories.remember(developer, memory)
  const [vector, space] = [Float32Array.of(1, 0), { name: "m", dimensions: 2 }]
  const [turn] = yield* store.turnVectors.missing(developer, session.id, 1)
  yield* store.turnVectors.put(developer, space, [{ rowId: turn?.rowId ?? 0, id: entry.id, vector }])
  const [remembered] = yield* store.memoryVectors.missing(developer, agent.id, user.id, 1)
  yield* store.memoryVectors.put(developer, space, [{ rowId: remembered?.rowId ?? 0, vector }])
  yield* store.suggestions.add(developer, suggestion, [suggestion], 100)
  yield* store.jobs.insert(developer, job)
  return { agent, user, session, tool, ofAgent, ofUser, agentDoc, userDoc, entry, memory, suggestion, job }
})

/** The value of an option that must be there. */
export const some = <A>(option: Option.Option<A>): A => Option.getOrThrow(option)
