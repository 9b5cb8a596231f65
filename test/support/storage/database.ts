/** A database under test: how a suite opens a store on it, and its back door behind the port. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Storage } from "../../../src/engine/ports/Storage.js"

type Rows = Readonly<Record<string, ReadonlyArray<object>>>

/** The back door to the database. A statement takes part in the transaction of the fiber that runs it. */
export class BackDoor extends Context.Tag("test/BackDoor")<BackDoor, BackDoor.Service>() {}

export declare namespace BackDoor {
  interface Service {
    /** Every row by its table's name, in order of insertion; of one developer, or of all. */
    readonly rows: (developer?: string) => Effect.Effect<Rows, SqlError>
    /** How many passages, turns and memories the search indexes hold. */
    readonly indexed: Effect.Effect<
      { readonly passages: number; readonly turns: number; readonly memories: number },
      SqlError
    >
    /** The faults that the database reports of itself: broken references and damaged pages. */
    readonly faults: Effect.Effect<ReadonlyArray<unknown>, SqlError>
    /** Makes the database refuse every passage at that position of its doc. */
    readonly refusePassage: (position: number) => Effect.Effect<void, SqlError>
    /** Writes a text into a column of every row of a table. */
    readonly overwrite: (table: string, column: string, text: string) => Effect.Effect<void, SqlError>
    /** The numbers of a session's turns, in order of insertion. */
    readonly turnNumbers: (session_id: string) => Effect.Effect<ReadonlyArray<number>, SqlError>
    /** A statement that reads a table `nowhere`, and the database's own words for its absence. */
    readonly unknownTable: { readonly read: Effect.Effect<unknown, SqlError>; readonly message: string }
  }
}

export interface Database {
  readonly name: string
  /** Whether turns and memories can have vectors. */
  readonly numbered: boolean
  /** A store with no rows, the caller's alone while the layer lives. */
  readonly empty: Layer.Layer<Storage | BackDoor, unknown>
  /** A store with no rows that keeps what is written: each build of the layer opens the same one. */
  readonly durable: Effect.Effect<Layer.Layer<Storage | BackDoor, unknown>, never, Scope.Scope>
}

/** Runs tests, each on an empty store of a database. */
export const storesOf =
  ({ empty }: Database) =>
  <A, E>(test: (store: Storage.Service, backDoor: BackDoor.Service) => Effect.Effect<A, E, Storage | BackDoor>) =>
    Effect.provide(
      Effect.flatMap(Effect.all([Storage, BackDoor]), ([store, backDoor]) => test(store, backDoor)),
      empty
    )

/** Every row of every table, of one developer or of all. */
export const dump = (developer?: string) => Effect.flatMap(BackDoor, ({ rows }) => rows(developer))

/** How many rows each table and each index holds. */
export const counts = Effect.gen(function* () {
  const { indexed, rows } = yield* BackDoor
  const { memories, passages, turns } = yield* indexed
  const found: Record<string, number> = {
    indexed_passages: passages,
    indexed_turns: turns,
    indexed_memories: memories
  }
  for (const [table, all] of Object.entries(yield* rows())) found[table] = all.length
  return found
})
