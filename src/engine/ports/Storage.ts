import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { JsonObject } from "../../schema/Field.js"
import { StorageError } from "../../schema/StorageErrors.js"
import type { QueryTerm } from "../text/Words.js"
import type {
  AgentRow,
  ApiKeyRow,
  ArchivedEntry,
  ArchivedKind,
  ArchivedRows,
  Cosines,
  DocRow,
  DocSource,
  EntryRow,
  FoundMemory,
  JobRow,
  JobState,
  KeptReply,
  MemoryRow,
  Owner,
  Participants,
  Passage,
  Postings,
  SearchLimits,
  SessionRow,
  Space,
  SuggestionRow,
  ToolRow,
  TurnRow,
  UserRow
} from "./Rows.js"

export * from "./Rows.js"
export { StorageError }

/** Where a row stands in the order of a list: the time that the list is sorted by, and the sequence that decides ties. */
export interface Position {
  readonly at: number
  readonly seq: number
}

/** Which rows of a list to read: those behind a position, which may be that of a row that was deleted, less an offset. */
export interface PageQuery {
  readonly limit: number
  readonly offset: number
  readonly after?: Position | undefined
}

/** Rows of a list; `next` is the position of the last one where the page is full. */
export interface Page<Row> {
  readonly rows: ReadonlyArray<Row>
  readonly next: Position | undefined
}

/** A page of a list. Items are ordered by creation (`created_at`) or by last change, ties by a monotonic sequence. */
export interface ListQuery extends PageQuery {
  readonly order: "asc" | "desc"
  readonly sort_by: "created_at" | "updated_at"
  /** Top-level keys that must be equal: strings, numbers, booleans, whole objects. Lists and `null` match nothing. */
  readonly metadata_filter: JsonObject
}

/** The kinds of rows that expire, each with a number. */
export interface Leftovers {
  readonly replies: number
  readonly jobs: number
  readonly memories: number
}

/** A session of a developer. */
export interface SessionId {
  readonly developer: string
  readonly id: string
}

type Result<A> = Effect.Effect<A, StorageError>

/** The operations that agents, users and sessions have in common. A call sees the rows of its developer only. */
export interface Table<Row> {
  readonly insert: (developer: string, row: Row) => Result<void>
  readonly get: (developer: string, id: string) => Result<Option.Option<Row>>
  /** Whether the row exists. It is not read. */
  readonly exists: (developer: string, id: string) => Result<boolean>
  readonly list: (developer: string, query: ListQuery) => Result<Page<Row>>
  /** Writes every column of the row with this id. */
  readonly update: (developer: string, row: Row) => Result<void>
  /** Deletes the row and everything that belongs to it; false if there was none. */
  readonly remove: (developer: string, id: string) => Result<boolean>
}

/** The store of the engine. */
export class Storage extends Context.Tag("effect-julep/engine/Storage")<Storage, Storage.Service>() {}

export declare namespace Storage {
  /**
   * Writes the vectors of rows that are still there, `null` for a text that has none; the first ones of a developer also set
   * the vector space.
   */
  type Put<Row> = (
    developer: string,
    space: Space,
    vectors: ReadonlyArray<Row & { readonly vector: Float32Array | null }>
  ) => Result<void>

  interface Service {
    /** Runs an effect in one transaction: all of its writes are stored, or none. */
    readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StorageError, R>
    /** Runs an effect when the surrounding transaction is committed; at once if there is none. */
    readonly afterCommit: (effect: Effect.Effect<void>) => Effect.Effect<void>
    /** Succeeds if the database answers. */
    readonly ready: Result<void>
    readonly agents: Table<AgentRow> & {
      readonly byKey: (developer: string, key: string) => Result<Option.Option<AgentRow>>
    }
    readonly users: Table<UserRow>
    /** Removing a session removes its history; memories stay. */
    readonly sessions: Table<SessionRow> & {
      readonly participants: (developer: string, id: string) => Result<Option.Option<Participants>>
      /** Writes a summary through a message; false, and nothing written, if the stored one no longer ends at `from`. */
      readonly summarize: (
        developer: string,
        id: string,
        next: { readonly from: string | null; readonly through: string; readonly summary: string | null }
      ) => Result<boolean>
      /** Deletes the summaries that cover a source of this memory, and returns their sessions. The range they cover stays. */
      readonly dropSummaries: (developer: string, agent_id: string, memory_id: string) => Result<ReadonlyArray<string>>
    }
    readonly tools: {
      readonly insert: (developer: string, row: ToolRow) => Result<void>
      readonly get: (developer: string, agent_id: string, id: string) => Result<Option.Option<ToolRow>>
      /** Newest first. */
      readonly list: (developer: string, agent_id: string, page: PageQuery) => Result<Page<ToolRow>>
      readonly update: (developer: string, row: ToolRow) => Result<void>
      readonly remove: (developer: string, agent_id: string, id: string) => Result<boolean>
    }
    readonly docs: {
      /** Writes a doc, its first passages and their index rows: all passages of a short doc. */
      readonly insert: (developer: string, row: DocRow, passages: ReadonlyArray<string>) => Result<void>
      /** What the passages of a doc are made of. */
      readonly source: (developer: string, id: string) => Result<Option.Option<DocSource>>
      /**
       * Writes the passages of a doc from a position on and their index rows, without those that are written already. False,
       * and nothing written, if there is no such doc.
       */
      readonly append: (
        developer: string,
        doc: Pick<DocRow, "id" | "title">,
        position: number,
        passages: ReadonlyArray<string>
      ) => Result<boolean>
      readonly get: (developer: string, owner: Owner, id: string) => Result<Option.Option<DocRow>>
      readonly byKey: (developer: string, owner: Owner, key: string) => Result<Option.Option<DocRow>>
      readonly list: (developer: string, owner: Owner, query: ListQuery) => Result<Page<DocRow>>
      readonly remove: (developer: string, owner: Owner, id: string) => Result<boolean>
      /**
       * Reads the next keys of an owner's docs after this one, up to the limit, and deletes those that are not to be kept.
       * Returns the deleted keys, and the last key that was read where more may follow. Begin with the empty text.
       */
      readonly prune: (
        developer: string,
        owner: Owner,
        keep: ReadonlySet<string>,
        after: string,
        limit: number
      ) => Result<{ readonly deleted: ReadonlyArray<string>; readonly last: Option.Option<string> }>
      /**
       * Which passages of these owners contain each of these terms, in text or title. A metadata filter, as in lists, leaves
       * only the passages of the docs that match it; the others are not counted either.
       */
      readonly find: (
        developer: string,
        owners: ReadonlyArray<Owner>,
        terms: ReadonlyArray<QueryTerm>,
        limits: SearchLimits,
        metadata_filter?: JsonObject
      ) => Result<Postings>
      /** The passages with these row ids, in any order. */
      readonly at: (developer: string, rowIds: ReadonlyArray<number>) => Result<ReadonlyArray<Passage>>
    }
    readonly vectors: {
      /** The vector space of this developer's vectors, if there are any. */
      readonly space: (developer: string) => Result<Option.Option<Space>>
      /** Some passages of a doc, in their order, from a position on; `last` is the position of the doc's last one. */
      readonly passages: (
        developer: string,
        doc_id: string,
        position: number,
        limit: number
      ) => Result<
        ReadonlyArray<{
          readonly title: string
          readonly position: number
          readonly text: string
          readonly last: number
        }>
      >
      /** For each text the vector that is stored for it, of whichever doc. */
      readonly known: (
        developer: string,
        texts: ReadonlyArray<string>
      ) => Result<ReadonlyArray<Float32Array | undefined>>
      /** Writes the vectors of a doc's passages; the first ones of a developer also set the vector space. */
      readonly put: (
        developer: string,
        doc_id: string,
        space: Space,
        vectors: ReadonlyArray<{ readonly position: number; readonly embedded: string; readonly vector: Float32Array }>
      ) => Result<void>
      /** The passages of these owners that are nearest to a vector, nearest first; `score` is the cosine. */
      readonly nearestNeighbours: (
        developer: string,
        owners: ReadonlyArray<Owner>,
        vector: Float32Array,
        limit: number,
        metadata_filter?: JsonObject
      ) => Result<ReadonlyArray<{ readonly rowId: number; readonly score: number }>>
      /** Of the passages with these row ids those that have a vector, in any order, each with its cosine. */
      readonly similarities: (
        developer: string,
        rowIds: ReadonlyArray<number>,
        vector: Float32Array
      ) => Result<ReadonlyArray<{ readonly rowId: number; readonly score: number }>>
      /** Deletes all vectors, also those of turns and memories, and all vector spaces, of every developer. */
      readonly clear: Result<void>
      /** All docs of all developers, oldest first. */
      readonly docs: Result<ReadonlyArray<{ readonly developer: string; readonly doc_id: string }>>
    }
    /** The vectors of turns, in the vector space of their developer. They go with their turn. */
    readonly turnVectors: {
      /** The turns of a session after the last one that was embedded, in their order. */
      readonly missing: (
        developer: string,
        session_id: string,
        limit: number
      ) => Result<ReadonlyArray<{ readonly rowId: number; readonly id: string; readonly text: string }>>
      readonly put: Put<{ readonly rowId: number; readonly id: string }>
      /**
       * The cosines of the newest turns that a session can recall, and of those of these row ids. A turn without a vector has
       * none.
       */
      readonly similarities: (
        developer: string,
        session_id: string,
        vector: Float32Array,
        newest: number,
        rowIds: ReadonlyArray<number>
      ) => Result<Cosines>
      /** All sessions of all developers, oldest first. */
      readonly sessions: Result<ReadonlyArray<{ readonly developer: string; readonly session_id: string }>>
    }
    /** The vectors of memories, in the vector space of their developer. They go with their memory. */
    readonly memoryVectors: {
      /** The memories of an agent of one user, or of none, that were not embedded, in their order. */
      readonly missing: (
        developer: string,
        agent_id: string,
        user_id: string | null,
        limit: number
      ) => Result<ReadonlyArray<{ readonly rowId: number; readonly text: string }>>
      readonly put: Put<{ readonly rowId: number }>
      /** The cosines of the newest memories of an agent, of one user or of all. */
      readonly similarities: (
        developer: string,
        agent_id: string,
        user_id: string | undefined,
        vector: Float32Array,
        newest: number
      ) => Result<Cosines>
      /** All agents of all developers with each user that they have memories of, and with `null` for those of none. */
      readonly owners: Result<
        ReadonlyArray<{ readonly developer: string; readonly agent_id: string; readonly user_id: string | null }>
      >
    }
    readonly entries: {
      /**
       * Writes messages and their index rows; false, and nothing written, when there is no such session, or no message with
       * the id `answers`, which these reply to. With `shared` false only the session's own turns can recall them.
       */
      readonly append: (
        developer: string,
        session_id: string,
        rows: ReadonlyArray<EntryRow>,
        shared?: boolean,
        answers?: string | null
      ) => Result<boolean>
      /**
       * Which turns and which memories contain each of these terms. The turns are the session's own and the shared ones of
       * its agent with its user; the memories are the agent's of that user, none where the session has no user.
       */
      readonly find: (
        developer: string,
        session_id: string,
        terms: ReadonlyArray<QueryTerm>,
        limits: SearchLimits
      ) => Result<{ readonly turns: Postings; readonly memories: Postings }>
      /** Of the turns with these row ids those that the session can recall, in any order. */
      readonly turns: (
        developer: string,
        session_id: string,
        rowIds: ReadonlyArray<number>
      ) => Result<ReadonlyArray<TurnRow>>
      /** The row ids of the turns with these message ids, by message id, of those that the session can recall. */
      readonly rowIds: (
        developer: string,
        session_id: string,
        ids: ReadonlyArray<string>
      ) => Result<ReadonlyMap<string, number>>
      readonly list: (
        developer: string,
        session_id: string,
        page: PageQuery & { readonly order: "asc" | "desc" }
      ) => Result<Page<EntryRow>>
      /** The entry with this id and those appended after it, oldest first; none if it was deleted. */
      readonly since: (developer: string, session_id: string, id: string) => Result<ReadonlyArray<EntryRow>>
      /** The entries appended after the one with this id, or all if it is `null`, oldest first. */
      readonly after: (
        developer: string,
        session_id: string,
        id: string | null,
        limit: number
      ) => Result<ReadonlyArray<EntryRow>>
      /**
       * The call with this id, the calls beside it in its reply, and the messages after them through the first of the next
       * reply, oldest first; none if it was deleted.
       */
      readonly calls: (developer: string, session_id: string, id: string) => Result<ReadonlyArray<EntryRow>>
      /** Of the entries with these ids, those that were the source of a memory that was deleted. */
      readonly forgotten: (developer: string, ids: ReadonlyArray<string>) => Result<ReadonlySet<string>>
      /** The entries of a session with these ids, oldest first. */
      readonly at: (
        developer: string,
        session_id: string,
        ids: ReadonlyArray<string>
      ) => Result<ReadonlyArray<EntryRow>>
      /**
       * Marks calls as claimed at `now`; false, and none marked, if one of them is claimed after `before` (at any time if it is
       * `null`) or does not exist.
       */
      readonly claim: (
        developer: string,
        session_id: string,
        ids: ReadonlyArray<string>,
        now: number,
        before: number | null
      ) => Result<boolean>
      /** Removes the mark of a claim that was made at `at`; false, and none removed, if one of the calls has another or none. */
      readonly release: (
        developer: string,
        session_id: string,
        ids: ReadonlyArray<string>,
        at: number
      ) => Result<boolean>
      /** Marks calls as suspended. */
      readonly suspend: (developer: string, session_id: string, ids: ReadonlyArray<string>) => Result<void>
      /** Marks messages as refused: they stay in history, and no search finds them. Begins a new epoch of the history. */
      readonly refuse: (developer: string, session_id: string, ids: ReadonlyArray<string>) => Result<void>
      /**
       * Moves messages to the end of their history, in this order, and removes their marks: they are asked again. Begins a
       * new epoch of the history. A summary through one of them then ends before it.
       */
      readonly moveToEnd: (developer: string, session_id: string, ids: ReadonlyArray<string>) => Result<void>
      readonly clear: (developer: string, session_id: string) => Result<void>
      /**
       * Deletes 2,000 messages of a session, or of the sessions of an agent or a user, the oldest of each session first.
       * False, and nothing deleted, if there are not more than that.
       */
      readonly trim: (
        developer: string,
        of: { readonly kind: "session" | Owner["kind"]; readonly id: string }
      ) => Result<boolean>
    }
    readonly memories: {
      /**
       * Writes a memory; one of the same agent, user and content is kept and gains the new sources. False, and nothing
       * written, when there is no such agent or user.
       */
      readonly remember: (developer: string, row: MemoryRow) => Result<boolean>
      /** The memory of the same agent, user, content and time, if there is one. What happens twice is two memories. */
      readonly same: (
        developer: string,
        memory: Pick<MemoryRow, "agent_id" | "user_id" | "content" | "timestamp" | "ends_at">
      ) => Result<Option.Option<MemoryRow>>
      /** Newest first, of one user or of all. */
      readonly list: (
        developer: string,
        agent_id: string,
        query: PageQuery & { readonly user_id?: string | undefined }
      ) => Result<Page<MemoryRow>>
      /** Which of an agent's memories, of one user or of all, contain each of these terms. */
      readonly find: (
        developer: string,
        agent_id: string,
        user_id: string | undefined,
        terms: ReadonlyArray<QueryTerm>,
        limits: SearchLimits
      ) => Result<Postings>
      /** The memories with these row ids, in the same order. */
      readonly at: (developer: string, rowIds: ReadonlyArray<number>) => Result<ReadonlyArray<FoundMemory>>
      readonly touch: (developer: string, ids: ReadonlyArray<string>, at: number) => Result<void>
      /** Deletes an agent's memories that were neither made nor accessed since. */
      readonly expire: (developer: string, agent_id: string, since: number) => Result<void>
      /** Deletes a memory: its sources stay in the history of their session, but are forgotten and no longer recalled. */
      readonly remove: (developer: string, agent_id: string, id: string) => Result<boolean>
      /** Deletes a memory whose sources another memory has taken over: they are still recalled. */
      readonly supersede: (developer: string, agent_id: string, id: string) => Result<boolean>
      /** Deletes the memories that only messages of this session are sources of; other memories lose these sources. */
      readonly removeSources: (developer: string, session_id: string) => Result<void>
    }
    /** A suggestion goes with its message, and all of a session's with a memory of it that is deleted. */
    readonly suggestions: {
      /**
       * Whether a session has `turns` whole replies of the model since it was due last. If so, it is due after this message,
       * and the count begins again.
       */
      readonly fallDue: (
        developer: string,
        after: Pick<SuggestionRow, "session_id" | "message_id">,
        turns: number
      ) => Result<boolean>
      /**
       * Writes the suggestions made after a message, the best first, without those that the session has already, and deletes
       * the oldest of the session beyond `most`. False, and nothing written, if the message does not exist.
       */
      readonly add: (
        developer: string,
        after: Pick<SuggestionRow, "session_id" | "message_id">,
        rows: ReadonlyArray<SuggestionRow>,
        most: number
      ) => Result<boolean>
      /** Newest first; of those made together, the best first. */
      readonly list: (developer: string, session_id: string, page: PageQuery) => Result<Page<SuggestionRow>>
    }
    readonly replies: {
      readonly get: (developer: string, route: string, key: string) => Result<Option.Option<KeptReply>>
      /**
       * Stores a reply, and deletes those of all developers that are older than `expired`. A reply is deleted with the
       * agent, user or session of its route, or with the one that it reports as created; the history of a session takes
       * its replies with it. It joins the transaction of the caller, if there is one, so that work and reply are
       * committed together.
       */
      readonly put: (developer: string, route: string, key: string, reply: KeptReply, expired: number) => Result<void>
    }
    /** The keys of all developers: a request says whom it acts for by its key alone. */
    readonly keys: {
      readonly insert: (row: ApiKeyRow) => Result<void>
      readonly byHash: (hash: string) => Result<Option.Option<ApiKeyRow>>
      /** Newest first. */
      readonly list: Result<ReadonlyArray<ApiKeyRow>>
      readonly use: (id: string, at: number) => Result<void>
      /** Revokes a key, which stays listed; false if there is no such key that is not revoked. */
      readonly revoke: (id: string, at: number) => Result<boolean>
    }
    readonly jobs: {
      /** A job that is finished is deleted with its session, or after a day, when another one is finished. */
      readonly insert: (developer: string, row: JobRow) => Result<void>
      readonly get: (developer: string, id: string) => Result<Option.Option<JobRow>>
      /** The job of the same lane, name and payload that waits for its first or next attempt, if there is one. */
      readonly waiting: (
        developer: string,
        work: Pick<JobRow, "lane" | "name" | "payload">
      ) => Result<Option.Option<string>>
      /**
       * Takes the oldest job with one of these names, of any developer, that is due (pending, retrying and `not_before`
       * passed, or in progress with its lease run out), marks it in progress until `lease_until`, and counts the attempt.
       * A job waits for all jobs that were inserted before it in its lane.
       */
      readonly claim: (names: ReadonlyArray<string>, now: number, lease_until: number) => Result<Option.Option<JobRow>>
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
          /** `false`: the attempt does not count. Default: true. */
          readonly counted?: boolean | undefined
        }
      ) => Result<void>
      /** When the next job with one of these names falls due, if any is unfinished that waits for no other. */
      readonly nextDue: (names: ReadonlyArray<string>) => Result<Option.Option<number>>
    }
    /** Rows on their way out of a store and into another one. */
    readonly archive: {
      /** Who has rows. */
      readonly developers: Result<ReadonlyArray<string>>
      /** The sequence number of the last row of a kind, of any developer; 0 if there is none. */
      readonly last: (kind: ArchivedKind) => Result<number>
      /** The rows of a kind in the order of insertion: those behind a sequence number, through another; `next` is that of the last row where the page is full. */
      readonly list: <Kind extends ArchivedKind>(
        kind: Kind,
        developer: string,
        page: { readonly after: number; readonly through: number; readonly limit: number }
      ) => Result<{ readonly rows: ReadonlyArray<ArchivedRows[Kind]>; readonly next: number | undefined }>
      /** The rows with these ids, in any order, whatever they belong to. */
      readonly find: <Kind extends ArchivedKind>(
        kind: Kind,
        developer: string,
        ids: ReadonlyArray<string>
      ) => Result<ReadonlyArray<ArchivedRows[Kind]>>
      /** Writes a message after those of its session, as it was; false, and nothing written, if there is no such session. */
      readonly append: (developer: string, entry: ArchivedEntry) => Result<boolean>
    }
    /** What is no longer needed: replies stored by then, jobs that had ended by then, memories not made or recalled since. */
    readonly leftovers: {
      readonly count: (before: { readonly [Kind in keyof Leftovers]: number | null }) => Result<Leftovers>
      /** Deletes some rows of a kind, and returns their number. */
      readonly remove: (kind: keyof Leftovers, before: number, limit: number) => Result<number>
      /**
       * Looks through some sessions, in the order of their ids: those behind `after`, or the first. Returns those that were last
       * changed, and have their last message, before this time; `next` is where the others begin.
       */
      readonly sessions: (
        before: number,
        after: SessionId | undefined
      ) => Result<{
        readonly found: ReadonlyArray<SessionId>
        readonly next: SessionId | undefined
      }>
      /** Takes up less room: a bounded part of the work, or, with `whole`, all of it, which nobody else can use meanwhile. */
      readonly compact: (whole: boolean) => Result<void>
    }
  }
}
