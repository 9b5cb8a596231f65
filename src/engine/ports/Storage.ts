import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import { StorageError } from "../../schema/StorageErrors.js"
import type { Archive, Cleanup } from "./storage/Archive.js"
import type { Docs } from "./storage/Docs.js"
import type { Entries } from "./storage/Entries.js"
import type { Jobs } from "./storage/Jobs.js"
import type { Keys } from "./storage/Keys.js"
import type { Memories, Suggestions } from "./storage/Memories.js"
import type { Agents, Sessions, Tools, Users } from "./storage/Owners.js"
import type { Replies } from "./storage/Replies.js"
import type { Settings } from "./storage/Settings.js"
import type { Result } from "./storage/Table.js"
import type { Turns } from "./storage/Turns.js"
import type { MemoryVectors, TurnVectors, Vectors } from "./storage/Vectors.js"

export * from "./Rows.js"
export type { Prunable, SessionId } from "./storage/Archive.js"
export type { AppendOptions } from "./storage/Entries.js"
export type { JobAttempt, JobOutcome } from "./storage/Jobs.js"
export type { Claim } from "./storage/Replies.js"
export type { Setting } from "./storage/Settings.js"
export type { Cursor, ListQuery, Page, PageQuery, Table } from "./storage/Table.js"
export { type BegunTurn, type Fence, type FinishedTurn, LeaseLost } from "./storage/Turns.js"
export type { PutVectors } from "./storage/Vectors.js"
export { StorageError }

/** The store of the engine. */
export class Storage extends Context.Tag("effect-julep/engine/Storage")<Storage, Storage.Service>() {}

export declare namespace Storage {
  interface Service {
    /**
     * Runs an effect in one transaction: all of its writes are stored, or none.
     *
     * A store of several processes runs the effect again, in a new transaction, where the writes of another one stand in its
     * way. So an effect does nothing but use the store, and what it gives to `afterCommit`: it may draw ids and read the
     * clock, but not change what another run would find changed. A metric, a log or a call of a model has its place after
     * the transaction.
     */
    readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StorageError, R>
    /**
     * Runs an effect when the surrounding transaction is committed, once, however often the transaction ran; at once if there
     * is none.
     */
    readonly afterCommit: (effect: Effect.Effect<void>) => Effect.Effect<void>
    /**
     * Runs two effects, the first of which may see nothing that the second writes. A store behind a network runs them at the
     * same time, and sends the first statements of both in one round trip, that of the first effect ahead. So an effect that
     * does not begin with the store delays the other. If one of these statements fails, neither has done anything.
     */
    readonly together: <A, E, R, B, E2, R2>(
      first: Effect.Effect<A, E, R>,
      second: Effect.Effect<B, E2, R2>
    ) => Effect.Effect<[A, B], E | E2, R | R2>
    /** Succeeds if the database answers. */
    readonly ready: Result<void>
    readonly agents: Agents
    readonly users: Users
    readonly sessions: Sessions
    readonly tools: Tools
    readonly docs: Docs
    readonly vectors: Vectors
    readonly turnVectors: TurnVectors
    readonly memoryVectors: MemoryVectors
    readonly turns: Turns
    readonly entries: Entries
    readonly memories: Memories
    readonly suggestions: Suggestions
    readonly replies: Replies
    readonly keys: Keys
    readonly jobs: Jobs
    readonly settings: Settings
    readonly archive: Archive
    readonly cleanup: Cleanup
  }
}
