import type * as Option from "effect/Option"
import type { QueryTerm } from "../../text/Words.js"
import type { FoundMemory, MemoryRow, Postings, SearchLimits, SuggestionRow } from "../Rows.js"
import type { Page, PageQuery, Result } from "./Table.js"

/** What agents remember. */
export interface Memories {
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
export interface Suggestions {
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
