/**
 * The rows of a store, and the results of its searches. Rows are plain values: ids are lower-case UUIDs, times are epoch
 * milliseconds.
 */
import type { JsonObject } from "../../schema/Field.js"
import type { Content } from "../../schema/Message.js"

/** An agent. */
export interface AgentRow {
  readonly id: string
  /** The key that it was ensured under; `null` if it was created. */
  readonly key: string | null
  readonly name: string
  readonly about: string
  readonly instructions: ReadonlyArray<string>
  /** As it was sent; `null` if no model was named. */
  readonly model: string | null
  /** As they were sent, without defaults. */
  readonly default_settings: JsonObject
  readonly metadata: JsonObject
  readonly created_at: number
  readonly updated_at: number
}

/** A user. */
export interface UserRow {
  readonly id: string
  readonly name: string
  readonly about: string
  readonly metadata: JsonObject
  readonly created_at: number
  readonly updated_at: number
}

/** A session. */
export interface SessionRow {
  readonly id: string
  readonly agent_id: string
  readonly user_id: string | null
  readonly situation: string
  readonly summary: string | null
  /** The last message that the summary covers. */
  readonly summarized_through: string | null
  /** How many times the history was deleted: messages that were read in another epoch no longer exist. */
  readonly history_epoch: number
  /** Nine random characters that mark what was recalled in prompts. The API never returns it. */
  readonly nonce: string
  readonly render_templates: boolean
  readonly metadata: JsonObject
  readonly created_at: number
  readonly updated_at: number
}

/** A tool of an agent. */
export interface ToolRow {
  readonly id: string
  readonly agent_id: string
  readonly type: string
  readonly name: string
  readonly description: string | null
  readonly parameters: JsonObject
  readonly strict: boolean | null
  /** Whether it was ensured with its agent. */
  readonly ensured: boolean
  readonly created_at: number
  readonly updated_at: number
}

/** A session with its agent, its user and the tools of the agent. */
export interface Participants {
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  /** Oldest first, as they are sent to a model. */
  readonly tools: ReadonlyArray<ToolRow>
  /** The message that the reader knows, and those appended after it, oldest first; none if it was deleted. */
  readonly newer: ReadonlyArray<HistoryRow>
  /** Whether the agent or the user has any doc. */
  readonly hasDocs: boolean
}

/** A message of a history, with the row id of its turn if it is one. */
export interface HistoryRow {
  readonly rowId: number | null
  readonly entry: EntryRow
}

/** The agent or user that a doc belongs to. */
export interface Owner {
  readonly kind: "agent" | "user"
  readonly id: string
}

/** A doc of an agent or a user. */
export interface DocRow {
  readonly id: string
  readonly owner: Owner
  /** The key that it was synced under; `null` if it was created. */
  readonly key: string | null
  readonly title: string
  /** Verbatim, as it was sent. */
  readonly content: string | ReadonlyArray<string>
  readonly metadata: JsonObject
  readonly created_at: number
}

/** A doc as it is indexed, and how many of its passages are written. */
export interface DocSource extends Pick<DocRow, "id" | "title" | "content"> {
  readonly passages: number
}

/** A part of a doc. It never changes. */
export interface Passage {
  /** Its number, never used again for another passage. */
  readonly rowId: number
  readonly doc_id: string
  readonly owner: Owner
  /** The title of the doc; of a long one its first 1,000 characters. */
  readonly title: string
  /** Its position in the doc, from 0. */
  readonly index: number
  readonly text: string
}

/** The vector space of an embedder. Only vectors of the same space can be compared. */
export interface Space {
  readonly name: string
  readonly dimensions: number
  /** Whether the embedder finds paraphrases without common words near each other; absent while that is unknown. */
  readonly semantic?: boolean
}

/** The cosines of rows with a question, in the order of their row ids: a cosine for each. */
export interface Cosines {
  readonly rowIds: ReadonlyArray<number>
  readonly cosines: ReadonlyArray<number>
}

/** The limits of a search for terms. */
export interface SearchLimits {
  /** Rows are counted up to this number. */
  readonly rows: number
  /** For each term at most this many row ids are returned, the highest first. */
  readonly perTerm: number
}

/** The result of a search for terms: which of the rows contain each of them. */
export interface Postings {
  /** How many rows were searched, counted up to the limit. */
  readonly rows: number
  /** For each term of the query, in order, the ids of the rows that contain it, the highest first, up to the limit. */
  readonly postings: ReadonlyArray<ReadonlyArray<number>>
}

/** The row ids of the turns of one session begin with a multiple of this number. */
export const TURNS_PER_SESSION = 10_000_000

/**
 * A message of a user or an assistant, as a search finds it. Consecutive turns of a session have consecutive row ids, and
 * the turns of a session that began later have higher ones: see {@link TURNS_PER_SESSION}.
 */
export interface TurnRow {
  readonly rowId: number
  readonly session_id: string
  readonly entry: TurnEntry
}

/** What a search reads of a message. */
export type TurnEntry = Pick<EntryRow, "id" | "role" | "name" | "content" | "from_model" | "created_at">

/** The members that a provider added to a reply. They are sent to the same endpoint and model only. */
export interface ProviderExtra {
  /** The endpoint and the model that replied. */
  readonly source: string
  /** The members of the message, stored with the first row of the reply. */
  readonly message?: JsonObject
  /** The members of the call of this row. */
  readonly call?: JsonObject
}

/** A message of a session's history. */
export interface EntryRow {
  readonly id: string
  readonly role: string
  readonly name: string | null
  readonly content: Content
  readonly tool_call_id: string | null
  /** Whether the reply was interrupted before its end. */
  readonly aborted: boolean
  readonly extra: ProviderExtra | null
  /** Whether the model wrote it. Messages after the last such one have no reply yet. */
  readonly from_model: boolean
  /** Whether it stays in history but is never sent to a model again: the endpoint refused it, or its reply is empty. */
  readonly refused: boolean
  /** Whether a run was suspended for this call: it runs only after a decision. */
  readonly suspended: boolean
  readonly created_at: number
}

/** A message with its session and with what the store knows of it beside. */
export interface ArchivedEntry extends EntryRow {
  readonly session_id: string
  /** Whether other sessions of the same agent and user can recall it. */
  readonly shared: boolean
  /** Whether it was the source of a memory that was deleted: no search finds it. */
  readonly forgotten: boolean
}

/** What an agent remembers, of a user or in general. */
export interface MemoryRow {
  readonly id: string
  readonly agent_id: string
  readonly user_id: string | null
  readonly content: string
  readonly entities: ReadonlyArray<JsonObject>
  readonly sentiment: number
  /** When the remembered event happened, or where its time begins; when it was said, if it names no time. */
  readonly timestamp: number
  /** Where the time that it is about ends: of a day, the beginning of the next one. `null` if it names no time. */
  readonly ends_at: number | null
  readonly last_accessed_at: number | null
  readonly created_at: number
  readonly source_message_ids: ReadonlyArray<string>
}

/** The rows of an export. */
export interface ArchivedRows {
  readonly agent: AgentRow
  readonly user: UserRow
  readonly tool: ToolRow
  readonly doc: DocRow
  readonly session: SessionRow
  readonly entry: ArchivedEntry
  readonly memory: MemoryRow
}

export type ArchivedKind = keyof ArchivedRows

/** A next step of a conversation, which a model suggests to the user or to the agent. */
export interface SuggestionRow {
  readonly id: string
  readonly session_id: string
  /** The last message that it is based on. */
  readonly message_id: string
  readonly target: "user" | "agent"
  readonly content: string
  readonly created_at: number
}

/** A memory as a search finds it. */
export interface FoundMemory extends MemoryRow {
  readonly rowId: number
}

/** A response as it was sent. */
export interface Reply {
  readonly status: number
  readonly body: string
}

/** A response that is kept under an idempotency key; `fingerprint` is the hash of the request body. */
export interface KeptReply extends Reply {
  readonly fingerprint: string
  readonly created_at: number
}

/** How far a job is. */
export type JobState = "pending" | "in_progress" | "retrying" | "succeeded" | "aborted" | "failed"

/** A background job. */
export interface JobRow {
  readonly id: string
  readonly developer_id: string
  /** The kind of work; clients see it as the name of the job. */
  readonly name: string
  readonly payload: JsonObject
  /** Jobs of one lane run in the order of their insertion, one at a time; those without a lane in any order. */
  readonly lane: string | null
  readonly state: JobState
  readonly reason: string | null
  /** Percent, 0 to 100. */
  readonly progress: number
  readonly attempts: number
  readonly created_at: number
  readonly updated_at: number
}

/** The rows that a whole store is moved with: those of an export, and those that only a store has. Keys are of no kind. */
export interface MovedRows extends ArchivedRows {
  readonly suggestion: SuggestionRow
  readonly job: JobRow
}

export type MovedKind = keyof MovedRows

/** A key of a server. The store has its hash, never the key. */
export interface ApiKeyRow {
  readonly id: string
  /** SHA-256 of the key, in hexadecimal digits. */
  readonly hash: string
  readonly developer_id: string
  readonly name: string
  readonly created_at: number
  /** The last use, to the hour. */
  readonly used_at: number | null
  readonly expires_at: number | null
  readonly revoked_at: number | null
}
