import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { JsonObject } from "../../schema/Field.js"
import { StorageError } from "../../schema/StorageErrors.js"
import type { Asked } from "../text/Words.js"
import type {
  AgentRow,
  DocRow,
  EntryRow,
  JobRow,
  JobState,
  KeptReply,
  MemoryRow,
  Owner,
  Participants,
  Passage,
  Places,
  SessionRow,
  Space,
  ToolRow,
  Turn,
  UserRow
} from "./Rows.js"

export * from "./Rows.js"
export { StorageError }

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
      /** Where the passages of these owners have these words, in text or title. */
      readonly find: (developer: string, owners: ReadonlyArray<Owner>, asked: ReadonlyArray<Asked>) => Result<Places>
      /** The places of those that have most of these words, best first. */
      readonly best: (
        developer: string,
        owners: ReadonlyArray<Owner>,
        asked: ReadonlyArray<Asked>,
        limit: number
      ) => Result<ReadonlyArray<number>>
      /** The passages in these places, in any order. */
      readonly at: (developer: string, places: ReadonlyArray<number>) => Result<ReadonlyArray<Passage>>
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
      /** Where the passages of these owners are no farther (by cosine) than that, nearest first, with the cosine. */
      readonly nearest: (
        developer: string,
        owners: ReadonlyArray<Owner>,
        vector: Float32Array,
        farthest: number,
        limit: number
      ) => Result<ReadonlyArray<{ readonly place: number; readonly score: number }>>
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
      /**
       * Where the turns that a session can recall have these words, its own and shared ones of its agent with its user,
       * and where the memories have them that its agent has of its user: none where there is no user.
       */
      readonly find: (
        developer: string,
        session_id: string,
        asked: ReadonlyArray<Asked>
      ) => Result<{ readonly turns: Places; readonly memories: Places }>
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
