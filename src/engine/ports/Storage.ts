import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { JsonObject } from "../../schema/Field.js"
import type { Content } from "../../schema/Message.js"
import { StorageError } from "../../schema/StorageErrors.js"
import type { Asked } from "./Words.js"

export { StorageError }

/** Rows are plain values: ids are lower-case UUIDs, times are epoch milliseconds. */
export interface AgentRow {
  readonly id: string
  readonly name: string
  readonly about: string
  readonly instructions: ReadonlyArray<string>
  /** What was asked for; `null` when no model was named. */
  readonly model: string | null
  /** What was sent, without defaults. */
  readonly default_settings: JsonObject
  readonly metadata: JsonObject
  readonly created_at: number
  readonly updated_at: number
}

export interface UserRow {
  readonly id: string
  readonly name: string
  readonly about: string
  readonly metadata: JsonObject
  readonly created_at: number
  readonly updated_at: number
}

export interface SessionRow {
  readonly id: string
  readonly agent_id: string
  readonly user_id: string | null
  readonly situation: string
  readonly summary: string | null
  /** The last message that the summary covers. */
  readonly summarized_through: string | null
  readonly render_templates: boolean
  readonly metadata: JsonObject
  readonly created_at: number
  readonly updated_at: number
}

export interface ToolRow {
  readonly id: string
  readonly agent_id: string
  readonly type: string
  readonly name: string
  readonly description: string | null
  readonly parameters: JsonObject
  readonly created_at: number
  readonly updated_at: number
}

/** A session, who talks in it, and what the agent can do. */
export interface Participants {
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  /** Oldest first, as a model is given them. */
  readonly tools: ReadonlyArray<ToolRow>
}

/** Whom a doc belongs to. */
export interface Owner {
  readonly kind: "agent" | "user"
  readonly id: string
}

export interface DocRow {
  readonly id: string
  readonly owner: Owner
  readonly title: string
  /** Verbatim, as it was sent. */
  readonly content: string | ReadonlyArray<string>
  readonly metadata: JsonObject
  readonly created_at: number
}

/** A stretch of a doc that recall found. `score` is the rank's own, higher is better. */
export interface Passage {
  readonly doc_id: string
  readonly owner: Owner
  readonly title: string
  /** The place of the stretch in its doc, from 0. */
  readonly index: number
  readonly text: string
  readonly score: number
}

/** What makes vectors comparable: the model they come from, and how long they are. */
export interface Space {
  readonly name: string
  readonly dimensions: number
}

/** The rows that words are found among are counted up to this number: every turn asks. */
export const MANY = 100

/** Where the words of a text are found among some rows. */
export interface Places {
  /** How many rows there are, {@link MANY} at most. */
  readonly rows: number
  /** For each word, in order, the rows that have it, the highest places first: of a common word, the highest 2,000. */
  readonly places: ReadonlyArray<ReadonlyArray<number>>
}

/** Rows that have words of a text, best first by the index's own score, and how common each word is. */
export interface Hits<A> {
  readonly items: ReadonlyArray<A>
  /** How many rows there are, 10,000 at most. */
  readonly rows: number
  /** How many of the rows have each word, in order: 2,000 at most. */
  readonly having: ReadonlyArray<number>
}

/** A turn of a conversation. Turns that follow each other have places that do; sessions are in the order they began. */
export interface Turn {
  readonly place: number
  readonly session_id: string
  readonly entry: EntryRow
}

/** A message of a session's history. */
export interface EntryRow {
  readonly id: string
  readonly role: string
  readonly name: string | null
  readonly content: Content
  readonly tool_call_id: string | null
  /** Whether the reply broke off before its end. */
  readonly aborted: boolean
  readonly created_at: number
}

export interface MemoryRow {
  readonly id: string
  readonly agent_id: string
  readonly user_id: string | null
  readonly content: string
  readonly entities: ReadonlyArray<JsonObject>
  readonly sentiment: number
  /** When what is remembered happened. */
  readonly timestamp: number
  readonly last_accessed_at: number | null
  readonly created_at: number
  readonly source_message_ids: ReadonlyArray<string>
}

/** An answer as it was sent. */
export interface Reply {
  readonly status: number
  readonly body: string
}

/** An answer that is kept under an idempotency key; `fingerprint` is of the body it answered. */
export interface KeptReply extends Reply {
  readonly fingerprint: string
  readonly created_at: number
}

export type JobState = "pending" | "in_progress" | "retrying" | "succeeded" | "aborted" | "failed"

export interface JobRow {
  readonly id: string
  readonly developer_id: string
  /** What is to be done; also the name a job is shown by. */
  readonly name: string
  readonly payload: JsonObject
  readonly state: JobState
  readonly reason: string | null
  /** Percent, 0 to 100. */
  readonly progress: number
  readonly attempts: number
  readonly created_at: number
  readonly updated_at: number
}

/** A page of a list. Items are ordered by creation (`created_at`) or by last change, ties by a monotonic sequence. */
export interface ListQuery {
  readonly limit: number
  readonly offset: number
  readonly order: "asc" | "desc"
  readonly sort_by: "created_at" | "updated_at"
  /** Top-level keys that must be equal: strings, numbers, booleans, whole objects. Lists and `null` match nothing. */
  readonly metadata_filter: JsonObject
}

type Result<A> = Effect.Effect<A, StorageError>

/** What agents, users and sessions have in common. Every call is of one developer and sees nothing of another. */
export interface Table<Row> {
  readonly insert: (developer: string, row: Row) => Result<void>
  readonly get: (developer: string, id: string) => Result<Option.Option<Row>>
  readonly list: (developer: string, query: ListQuery) => Result<ReadonlyArray<Row>>
  /** Writes every column of the row with this id. */
  readonly update: (developer: string, row: Row) => Result<void>
  /** Deletes the row and everything that belongs to it; false when there was none. */
  readonly remove: (developer: string, id: string) => Result<boolean>
}

/** The store of the engine. */
export class Storage extends Context.Tag("effect-julep/engine/Storage")<Storage, Storage.Service>() {}

export declare namespace Storage {
  interface Service {
    /** Runs an effect in one transaction: all of it is written, or nothing. */
    readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StorageError, R>
    /** Runs an effect once the surrounding transaction is committed; at once where there is none. */
    readonly afterCommit: (effect: Effect.Effect<void>) => Effect.Effect<void>
    readonly agents: Table<AgentRow>
    readonly users: Table<UserRow>
    /** Removing a session removes its history; memories stay. */
    readonly sessions: Table<SessionRow> & {
      readonly participants: (developer: string, id: string) => Result<Option.Option<Participants>>
      /** Writes a summary and what it covers; false, and nothing written, where it no longer covers what it covered. */
      readonly summarize: (
        developer: string,
        id: string,
        next: { readonly from: string | null; readonly through: string; readonly summary: string }
      ) => Result<boolean>
    }
    readonly tools: {
      readonly insert: (developer: string, row: ToolRow) => Result<void>
      readonly get: (developer: string, agent_id: string, id: string) => Result<Option.Option<ToolRow>>
      /** Newest first. */
      readonly list: (
        developer: string,
        agent_id: string,
        page: { readonly limit: number; readonly offset: number }
      ) => Result<ReadonlyArray<ToolRow>>
      readonly update: (developer: string, row: ToolRow) => Result<void>
      readonly remove: (developer: string, agent_id: string, id: string) => Result<boolean>
    }
    readonly docs: {
      /** Writes the doc, its passages and their index rows. */
      readonly insert: (developer: string, row: DocRow, passages: ReadonlyArray<string>) => Result<void>
      readonly list: (developer: string, owner: Owner, query: ListQuery) => Result<ReadonlyArray<DocRow>>
      readonly remove: (developer: string, owner: Owner, id: string) => Result<boolean>
      /** The passages of these owners that have some of these words, at most `limit`. */
      readonly search: (
        developer: string,
        owners: ReadonlyArray<Owner>,
        asked: ReadonlyArray<Asked>,
        limit: number
      ) => Result<Hits<Passage>>
      /** Tidies the index after writes. */
      readonly compact: Result<void>
    }
    readonly vectors: {
      /** The embedder that made this developer's vectors, if there are any. */
      readonly space: (developer: string) => Result<Option.Option<Space>>
      /** The passages of a doc, in their order. */
      readonly passages: (
        developer: string,
        doc_id: string
      ) => Result<ReadonlyArray<{ readonly title: string; readonly position: number; readonly text: string }>>
      /** For each text the vector that it has already, wherever it stands. */
      readonly known: (
        developer: string,
        texts: ReadonlyArray<string>
      ) => Result<ReadonlyArray<Float32Array | undefined>>
      /** Writes the vectors of a doc's passages, and by what they were made if they are the first. */
      readonly put: (
        developer: string,
        doc_id: string,
        space: Space,
        vectors: ReadonlyArray<{ readonly position: number; readonly embedded: string; readonly vector: Float32Array }>
      ) => Result<void>
      /** The passages of these owners no farther (by cosine) than that, nearest first. `score` is the cosine. */
      readonly nearest: (
        developer: string,
        owners: ReadonlyArray<Owner>,
        vector: Float32Array,
        farthest: number,
        limit: number
      ) => Result<ReadonlyArray<Passage>>
      /** Forgets all vectors, of every developer, and what made them. */
      readonly clear: Result<void>
      /** All docs of all developers, oldest first. */
      readonly docs: Result<ReadonlyArray<{ readonly developer: string; readonly doc_id: string }>>
    }
    readonly entries: {
      /** Writes messages and their index rows; with `shared` false only the session's own turns can recall them. */
      readonly append: (
        developer: string,
        session_id: string,
        rows: ReadonlyArray<EntryRow>,
        shared?: boolean
      ) => Result<void>
      /** Where the turns that a session can recall have these words: its own, and shared ones of its agent with its user. */
      readonly find: (developer: string, session_id: string, asked: ReadonlyArray<Asked>) => Result<Places>
      /** Those of the turns in these places that a session can recall, in any order. */
      readonly turns: (
        developer: string,
        session_id: string,
        places: ReadonlyArray<number>
      ) => Result<ReadonlyArray<Turn>>
      readonly list: (
        developer: string,
        session_id: string,
        page: { readonly limit: number; readonly offset: number; readonly order: "asc" | "desc" }
      ) => Result<ReadonlyArray<EntryRow>>
      /** That entry and those appended after it, oldest first; nothing where it is no longer there. */
      readonly since: (developer: string, session_id: string, id: string) => Result<ReadonlyArray<EntryRow>>
      /** Those appended after that one, or from the first, oldest first. */
      readonly after: (
        developer: string,
        session_id: string,
        id: string | null,
        limit: number
      ) => Result<ReadonlyArray<EntryRow>>
      readonly clear: (developer: string, session_id: string) => Result<void>
    }
    readonly memories: {
      /** Writes a memory; one of the same agent, user and content is kept and gains the new sources. */
      readonly remember: (developer: string, row: MemoryRow) => Result<void>
      /** Newest first, of one user or of all. */
      readonly list: (
        developer: string,
        agent_id: string,
        query: { readonly user_id?: string | undefined; readonly limit: number; readonly offset: number }
      ) => Result<ReadonlyArray<MemoryRow>>
      /** Where an agent's memories, of one user or of all, have these words. */
      readonly find: (
        developer: string,
        agent_id: string,
        user_id: string | undefined,
        asked: ReadonlyArray<Asked>
      ) => Result<Places>
      /** The memories in these places, in the same order. */
      readonly at: (developer: string, places: ReadonlyArray<number>) => Result<ReadonlyArray<MemoryRow>>
      readonly touch: (developer: string, ids: ReadonlyArray<string>, at: number) => Result<void>
      /** Deletes an agent's memories that were neither made nor accessed since. */
      readonly expire: (developer: string, agent_id: string, since: number) => Result<void>
      /** Forgets a memory: its sources stay in their session's history, and are found no more. */
      readonly remove: (developer: string, agent_id: string, id: string) => Result<boolean>
      /** Deletes a memory whose sources another has taken over: what they say is still recalled. */
      readonly supersede: (developer: string, agent_id: string, id: string) => Result<boolean>
    }
    readonly replies: {
      readonly get: (developer: string, route: string, key: string) => Result<Option.Option<KeptReply>>
      /** Keeps an answer, and forgets those of this developer that are older than `expired`. */
      readonly put: (developer: string, route: string, key: string, reply: KeptReply, expired: number) => Result<void>
    }
    readonly jobs: {
      readonly insert: (developer: string, row: JobRow) => Result<void>
      readonly get: (developer: string, id: string) => Result<Option.Option<JobRow>>
      /** The unfinished job of the same name and payload, if there is one. */
      readonly unfinished: (developer: string, work: Pick<JobRow, "name" | "payload">) => Result<Option.Option<string>>
      /**
       * Takes the oldest job, of any developer, that is due (pending, retrying and `not_before` passed, or in progress
       * with its lease run out), marks it in progress until `lease_until`, and counts the attempt.
       */
      readonly claim: (now: number, lease_until: number) => Result<Option.Option<JobRow>>
      /** Moves the end of a lease; false, and nothing moved, where another attempt has begun since. */
      readonly renew: (job: Pick<JobRow, "id" | "developer_id" | "attempts">, lease_until: number) => Result<boolean>
      /** Writes how an attempt went, unless another attempt has begun since. */
      readonly settle: (
        job: Pick<JobRow, "id" | "developer_id" | "attempts">,
        outcome: {
          readonly state: JobState
          readonly reason: string
          readonly progress: number
          readonly updated_at: number
          /** When a job that is `retrying` is due again. */
          readonly not_before?: number | undefined
        }
      ) => Result<void>
      /** When the next job falls due, if any is waiting. */
      readonly nextDue: Result<Option.Option<number>>
    }
  }
}
