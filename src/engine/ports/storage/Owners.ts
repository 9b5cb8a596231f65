import type * as Option from "effect/Option"
import type { AgentRow, Participants, SessionRow, ToolRow, UserRow } from "../Rows.js"
import type { Page, PageQuery, Result, Table } from "./Table.js"

/** Agents. */
export interface Agents extends Table<AgentRow> {
  /** Reads the agent of a key to change it: see `getForUpdate`. */
  readonly byKey: (developer: string, key: string) => Result<Option.Option<AgentRow>>
}

/** Users. */
export type Users = Table<UserRow>

/** Removing a session removes its history; memories stay. */
export interface Sessions extends Table<SessionRow> {
  /** Reads a session with all that its turns need, and its history from the message `known` on, if that is given. */
  readonly participants: (developer: string, id: string, known?: string) => Result<Option.Option<Participants>>
  /** Writes a summary through a message; false, and nothing written, if the stored one no longer ends at `from`. */
  readonly summarize: (
    developer: string,
    id: string,
    next: { readonly from: string | null; readonly through: string; readonly summary: string | null }
  ) => Result<boolean>
  /**
   * Deletes the summaries that cover a source of this memory, and returns their sessions. The range they cover stays.
   * In a transaction, no summary of a source is written until its end.
   */
  readonly dropSummaries: (developer: string, agent_id: string, memory_id: string) => Result<ReadonlyArray<string>>
}

/** The tools of agents. */
export interface Tools {
  readonly insert: (developer: string, row: ToolRow) => Result<void>
  readonly get: (developer: string, agent_id: string, id: string) => Result<Option.Option<ToolRow>>
  /** Reads a tool that the transaction of the caller will change: until its end, no other transaction changes it. */
  readonly getForUpdate: (developer: string, agent_id: string, id: string) => Result<Option.Option<ToolRow>>
  /** Newest first. */
  readonly list: (developer: string, agent_id: string, page: PageQuery) => Result<Page<ToolRow>>
  readonly update: (developer: string, row: ToolRow) => Result<void>
  readonly remove: (developer: string, agent_id: string, id: string) => Result<boolean>
}
