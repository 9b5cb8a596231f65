import type * as Option from "effect/Option"
import type { JsonObject } from "../../../schema/Field.js"
import type { Cosines, Owner, Space } from "../Rows.js"
import type { Result } from "./Table.js"

/**
 * Writes the vectors of rows that are still there, `null` for a text that has none; the first ones of a developer also set
 * the vector space.
 */
export type PutVectors<Row> = (
  developer: string,
  space: Space,
  vectors: ReadonlyArray<Row & { readonly vector: Float32Array | null }>
) => Result<void>

/** The vectors of passages. */
export interface Vectors {
  /** The vector space of this developer's vectors, if there are any. */
  readonly space: (developer: string) => Result<Option.Option<Space>>
  /** Stores whether an embedder is semantic with the vector space of a developer, if it is this one. */
  readonly setSemantic: (developer: string, space: Required<Space>) => Result<void>
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
  readonly known: (developer: string, texts: ReadonlyArray<string>) => Result<ReadonlyArray<Float32Array | undefined>>
  /** Writes the vectors of a doc's passages; the first ones of a developer also set the vector space. */
  readonly put: (
    developer: string,
    doc_id: string,
    space: Space,
    vectors: ReadonlyArray<{ readonly position: number; readonly embedded: string; readonly vector: Float32Array }>
  ) => Result<void>
  /**
   * The passages of these owners that are nearest to a vector, nearest first; `score` is the cosine. Of many passages, one may
   * be missed that an estimate puts behind others.
   */
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
export interface TurnVectors {
  /** The turns of a session after the last one that was embedded, in their order. */
  readonly missing: (
    developer: string,
    session_id: string,
    limit: number
  ) => Result<ReadonlyArray<{ readonly rowId: number; readonly id: string; readonly text: string }>>
  readonly put: PutVectors<{ readonly rowId: number; readonly id: string }>
  /**
   * The cosines of turns that a session can recall: of the newest those that are nearest, as far as that can be estimated,
   * with the turns beside them, and of those of these row ids. A turn without a vector has none.
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
export interface MemoryVectors {
  /** The memories of an agent of one user, or of none, that were not embedded, in their order. */
  readonly missing: (
    developer: string,
    agent_id: string,
    user_id: string | null,
    limit: number
  ) => Result<ReadonlyArray<{ readonly rowId: number; readonly text: string }>>
  readonly put: PutVectors<{ readonly rowId: number }>
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
