/** What differs between databases: the shared tables have the SQL that does not. */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment, Statement } from "@effect/sql/Statement"
import type * as Arr from "effect/Array"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { JsonObject } from "../../schema/Field.js"
import type {
  Cosines,
  Fence,
  LeaseLost,
  Postings,
  SearchLimits,
  Space,
  Storage,
  StorageError
} from "../ports/Storage.js"
import type { QueryTerm } from "../text/Words.js"
import type { Raw, Reader } from "./Columns.js"

/** A row as the columns that a statement writes. */
export type Written = Record<string, unknown>

/** The terms that a row is found by, in any order; one may be there twice. */
export type Terms = Iterable<string>

/** A passage of a doc. */
export interface NewPassage {
  readonly position: number
  readonly text: string
  readonly terms: Terms
}

/** Messages of one session, in their order. */
export interface NewEntries {
  readonly developer: string
  readonly session_id: string
  /** The message that they reply to, if they do. */
  readonly answers: string | null
  /** The turn that appends them. */
  readonly fence?: Fence | undefined
  /** The columns but those of this object; a message without terms is no turn. */
  readonly rows: ReadonlyArray<{ readonly columns: Written; readonly terms: Terms | null }>
}

/** A memory. */
export interface NewMemory {
  readonly columns: Written
  readonly terms: Terms
}

/** What a turn leaves when it ends: see the port. */
export interface TurnEnd {
  readonly entries: NewEntries & { readonly fence: Fence }
  readonly at: number
  readonly accessed: ReadonlyArray<string>
  readonly memories: ReadonlyArray<NewMemory>
  readonly writesMore: boolean
}

/** The kinds of rows that a search for terms finds. */
export type Kind = "passages" | "turns" | "memories"

/** A search for terms. */
export interface Search<Kinds extends Arr.NonEmptyReadonlyArray<Kind>> {
  readonly developer: string
  /** Passages alone, or turns and memories, which one statement finds together. */
  readonly kinds: Kinds
  /** Selects one `owner` a row: the rows of these are searched. */
  readonly owners: Fragment
  readonly terms: ReadonlyArray<QueryTerm>
  readonly limits: SearchLimits
  /** Selects the `seq` of the rows that count, if not all do. */
  readonly among?: Fragment | undefined
}

/** The vector of a passage, with the hash of the text that it is of. */
export interface PassageVector {
  readonly position: number
  readonly hash: string
  readonly vector: Float32Array
}

/** The vector of a memory, or `null` for one that has none. */
export interface MemoryVector {
  readonly rowId: number
  readonly vector: Float32Array | null
}

/** The vector of a turn, or `null` for one that has none. */
export interface TurnVector extends MemoryVector {
  /** The id of the message. */
  readonly id: string
}

/** A passage, and the cosine of its vector. */
export interface Neighbour {
  readonly rowId: number
  readonly score: number
}

/**
 * The SQL and the operations that differ between databases. Fragments fit into the statements of the shared tables; a whole
 * operation is here where its statement differs. All operations take part in the transaction of the fiber.
 */
export class Dialect extends Context.Tag("effect-julep/storage/Dialect")<Dialect, Dialect.Service>() {}

export declare namespace Dialect {
  /** The interface behind {@link Dialect}. */
  export interface Service {
    /** Migrates the database to the schema of this release, and makes it ready for a store that was just opened. */
    readonly open: Effect.Effect<void, StorageError>

    /** The condition that a column has one of these values. */
    readonly among: (column: string, values: ReadonlyArray<string | number>) => Fragment
    /** A column in a condition for which no index is to be used, because another condition leaves fewer rows. */
    readonly unindexed: (column: string) => Fragment
    /** A join whose left side is read first: `a ${inOrder} b ON ...`. */
    readonly inOrder: Fragment
    /** The columns of the primary key, `seq` last: for `(key) IN (SELECT key ...)`, and for `ORDER BY`. */
    readonly rowKey: (alias?: string) => Fragment
    /** The condition that begins a walk through the rows of a developer in the order of `seq`, where rows of others may be among them. */
    readonly walk: (developer: string) => Fragment
    /** The highest `seq` that a row of a table has, or has had. */
    readonly lastSeq: (table: string) => Fragment
    /** A `seq` behind those of all rows of a table. */
    readonly nextSeq: (table: string) => Fragment
    /** What stands for a `user_id` that is `NULL`, as indexes have it: `coalesce(user_id, ${noUser})`. */
    readonly noUser: Fragment
    /** Ends a query for rows that its transaction is going to change: others wait for its end before they change them. */
    readonly lockRow: Fragment
    /** Ends a query for rows that its transaction is going to refer to: others wait for its end before they delete them. */
    readonly lockParent: Fragment
    /** The condition for the rows of a table that meet a condition, less those that another transaction is changing. */
    readonly unlocked: (table: string, where: Fragment) => Fragment

    /** A row of a table, or of an alias of one, as one JSON object with the columns of a reader. */
    readonly jsonObject: (alias: string, reader: Pick<Reader<unknown>, "columns">) => Fragment
    /** Aggregates an expression to a JSON list, in the order of the rows of the `FROM`; `[]` for no rows. */
    readonly jsonList: (item: Fragment) => Fragment
    /** The ids in a column that has a JSON list of them, in their order, as a table of one column `value`. */
    readonly idsIn: (column: string, alias: string) => Fragment
    /** The conditions that rows with this metadata meet; `undefined` when no row can. */
    readonly metadata: (filter: JsonObject) => ReadonlyArray<Fragment> | undefined
    /** Queries of many rows: those of a `FROM` clause with what follows it, which calls them by an alias. */
    readonly readMany: <Row>(
      operation: string,
      alias: string,
      reader: Reader<Row>
    ) => (from: Fragment) => Effect.Effect<ReadonlyArray<Row>, StorageError>

    /**
     * Runs a statement whose rows nobody reads; in a transaction, at the latest with its commit, behind the statements before it
     * and ahead of those after it. What it fails with, the transaction may fail with.
     */
    readonly later: (statement: Statement<unknown>) => Effect.Effect<void, SqlError>
    /** See the port. */
    readonly together: Storage.Service["together"]
    /** Inserts a row into a table, with what the database keeps beside it, such as the `owner` of a doc or a session. */
    readonly insert: (table: string, row: Written) => Effect.Effect<void, SqlError>
    /** Writes passages of a doc and indexes them. */
    readonly insertPassages: (
      developer: string,
      doc_id: string,
      passages: ReadonlyArray<NewPassage>
    ) => Effect.Effect<void, SqlError>
    /**
     * Writes messages, numbers the turns among them, and indexes these; false, and nothing written, if the session or what they
     * answer does not exist. Fails if another process has taken over the turn of the fence.
     */
    readonly insertEntries: (entries: NewEntries) => Effect.Effect<boolean, SqlError | LeaseLost>
    /**
     * Until its transaction ends, others wait before they write messages of a session. Fails if another process has taken over
     * the turn of the fence.
     */
    readonly lockHistory: (
      developer: string,
      session_id: string,
      fence?: Fence
    ) => Effect.Effect<void, SqlError | LeaseLost>
    /**
     * Writes a memory and indexes it. One of the same agent, user and `dedup_key` that exists keeps all it has, and gains the
     * new sources behind its own, each once. False, and nothing written, if the agent or the user does not exist.
     */
    readonly insertMemory: (memory: NewMemory) => Effect.Effect<boolean, SqlError>
    /** Writes what a turn leaves, and runs what follows: see the port. */
    readonly finishTurn: <A, E, R>(
      turn: TurnEnd,
      following: Effect.Effect<A, E, R>
    ) => Effect.Effect<Option.Option<A>, E | SqlError | LeaseLost, R>
    /**
     * Deletes the rows of a table that meet a condition, with all that hangs on them: rows that refer to them, index rows,
     * vectors, kept replies of agents, users and sessions, finished jobs of sessions. Deleted docs leave their passages, and a row
     * in `deleted_docs`: see `Purge`. The sources of deleted memories become forgotten, and suggestions of their sessions go.
     */
    readonly remove: (table: string, where: Fragment) => Effect.Effect<void, SqlError>
    /** {@link Service.remove} of few rows: returns how many were deleted. */
    readonly removeCounted: (table: string, where: Fragment) => Effect.Effect<number, SqlError>
    /** Sets columns of messages that meet a condition, and takes them out of the index: they are no turns any more. */
    readonly unindexEntries: (set: Fragment, where: Fragment) => Effect.Effect<void, SqlError>

    /** Searches the index. Returns the postings of each kind; deleted docs have none. */
    readonly find: <const Kinds extends Arr.NonEmptyReadonlyArray<Kind>>(
      operation: string,
      search: Search<Kinds>
    ) => Effect.Effect<Record<Kinds[number], Postings>, StorageError>
    /** Makes the database smaller: a bounded part of the work, or, with `whole`, all of it. */
    readonly compact: (whole: boolean) => Effect.Effect<void, SqlError>
    readonly vectors: Vectors

    /** The time in milliseconds by the clock that all processes with the database share. */
    readonly now: Effect.Effect<Fragment>
    /** The condition for an unfinished row of `jobs` that no earlier one of its lane is unfinished. */
    readonly isHead: Fragment
    /** Ends a query for rows that its statement is going to change: it leaves out those that another transaction is changing. */
    readonly skipLocked: Fragment
    /** See the port of jobs. */
    readonly waitForJobs: Effect.Effect<void> | undefined
    readonly turns: Pick<Storage.Service["turns"], "hold" | "wait">
    /** Holds a turn as `turns.hold` does, and reads a row as the turns before have left it. */
    readonly beginTurn: (
      developer: string,
      session_id: string,
      reading: Statement<Raw>
    ) => Effect.Effect<Option.Option<{ readonly fence: Fence; readonly row: Raw | undefined }>, SqlError, Scope.Scope>
    readonly replies: Storage.Service["replies"]
    readonly settings: Storage.Service["settings"]
  }

  /**
   * Vectors, in the type that the database has for them. Writes set the vector space of a developer who has none, if they write
   * any vector, and overwrite the vectors that are there.
   */
  export interface Vectors {
    /** Whether turns and memories can have vectors. */
    readonly numbered: boolean
    /** Follows the deletion of all vectors, in its transaction: the database may have a better type for them by now. */
    readonly renew: Effect.Effect<void, SqlError>
    /** The vectors of texts by their hashes, of those that are stored. */
    readonly known: (
      developer: string,
      hashes: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, Float32Array>, StorageError>
    /** Writes vectors of the passages that exist of a doc that exists. */
    readonly putPassages: (
      developer: string,
      doc_id: string,
      space: Space,
      vectors: ReadonlyArray<PassageVector>
    ) => Effect.Effect<void, SqlError>
    /** The passages of some owners with the highest cosines, of those with the nearest codes; `docs` selects the ids of the docs that count, if not all do. */
    readonly nearestPassages: (
      developer: string,
      owners: Fragment,
      vector: Float32Array,
      limit: number,
      docs?: Fragment
    ) => Effect.Effect<ReadonlyArray<Neighbour>, StorageError>
    /** The cosines of these passages, of those that have a vector, in any order. */
    readonly passageCosines: (
      developer: string,
      rowIds: ReadonlyArray<number>,
      vector: Float32Array
    ) => Effect.Effect<ReadonlyArray<Neighbour>, StorageError>
    /** Writes vectors of turns that still have the number of their row. */
    readonly putTurns: (
      developer: string,
      space: Space,
      vectors: ReadonlyArray<TurnVector>
    ) => Effect.Effect<void, SqlError>
    /**
     * The cosines of some of the newest turns of each owner, as `BinaryCode` says, and of these turns where the owners have
     * them.
     */
    readonly turnCosines: (
      developer: string,
      owners: Fragment,
      vector: Float32Array,
      newest: number,
      rowIds: ReadonlyArray<number>
    ) => Effect.Effect<Cosines, StorageError>
    /** Writes vectors of memories that exist. */
    readonly putMemories: (
      developer: string,
      space: Space,
      vectors: ReadonlyArray<MemoryVector>
    ) => Effect.Effect<void, SqlError>
    /** The cosines of the newest memories that meet a condition on the table of memories. */
    readonly memoryCosines: (
      developer: string,
      where: Fragment,
      vector: Float32Array,
      newest: number
    ) => Effect.Effect<Cosines, StorageError>
  }
}
