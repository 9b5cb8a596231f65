/** What the vectors of passages add to what their words find. */
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../../schema/Field.js"
import type { Owner, Passage, Storage, StorageError } from "../../ports/Storage.js"
import { groupCopies } from "./Copies.js"
import { appendVectorOnly, fuseScores } from "./Fusion.js"
import type { QueryVector } from "./QueryVector.js"
import type { RankedPassage } from "./Rank.js"
import type { ScoredRow } from "./Scores.js"

/** How many of the passages nearest to a question are compared with what words find. Equal ones count as one. */
const NEIGHBOURS = 50
/** How many are read where most of the nearest are equal. */
const MORE_NEIGHBOURS = 20 * NEIGHBOURS
/** How much the cosine of a passage counts beside its words. Measured on several collections, see bench/recall. */
const WEIGHT = 1

type Passages = ReadonlyArray<RankedPassage>

/** Their cosines, without duplicates: equal passages have equal ones. */
const distinctCosines = (near: ReadonlyArray<ScoredRow>): ReadonlyArray<number> => [
  ...new Set(near.map(({ score }) => score))
]

/** The rows with the best cosines, of rows that are sorted by them. */
const nearest = (near: ReadonlyArray<ScoredRow>): ReadonlyArray<ScoredRow> => {
  const least = distinctCosines(near)[NEIGHBOURS - 1] ?? Number.NEGATIVE_INFINITY
  return near.filter(({ score }) => score >= least)
}

/** The row of a passage, and of those that are equal to it. */
const rowsOf = ({ copies = [], rowId }: RankedPassage): ReadonlyArray<number> => [
  rowId,
  ...copies.map(({ rowId }) => rowId)
]

/** The passages that words found, then those that only vectors found. */
const join = (byWords: Passages, byVectors: ReadonlyArray<Passage>): Passages =>
  groupCopies([...byWords, ...byVectors.map((passage): RankedPassage => ({ score: 0, ...passage }))]).map(
    ({ copies, passage }) =>
      copies.length === 0 ? passage : { ...passage, copies: [...(passage.copies ?? []), ...copies] }
  )

/** The search of passages by words and by the vector of a question. `read` reads passages by their rows. */
export const make = (
  vectors: Storage.Service["vectors"],
  read: (developer: string, rowIds: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<Passage>, StorageError>
) =>
  Effect.fnUntraced(function* (
    developer: string,
    owners: ReadonlyArray<Owner>,
    byWords: Passages,
    { semantic, vector }: QueryVector,
    filter?: JsonObject
  ) {
    const find = (limit: number) => vectors.nearestNeighbours(developer, owners, vector, limit, filter)
    const first = yield* find(NEIGHBOURS)
    const crowded = first.length === NEIGHBOURS && distinctCosines(first).length < NEIGHBOURS / 2
    const near = crowded ? nearest(yield* find(MORE_NEIGHBOURS)) : first
    const known = new Set(byWords.flatMap(rowsOf))
    const unread = near.map(({ rowId }) => rowId).filter((rowId) => !known.has(rowId))
    const all = join(byWords, yield* read(developer, unread))

    const scores = new Map(near.map(({ rowId, score }) => [rowId, score]))
    const cosines = new Map<number, number>()
    for (const passage of all) {
      const row = rowsOf(passage).find((rowId) => scores.has(rowId))
      if (row !== undefined) cosines.set(passage.rowId, scores.get(row) ?? 0)
    }
    const others = byWords.map(({ rowId }) => rowId).filter((rowId) => !cosines.has(rowId))
    for (const { rowId, score } of yield* vectors.similarities(developer, others, vector)) cosines.set(rowId, score)

    const passages = new Map(all.map((passage) => [passage.rowId, passage]))
    const ranked = semantic ? fuseScores(byWords, cosines, WEIGHT) : appendVectorOnly(byWords, cosines)
    return ranked.flatMap(({ rowId, score }) => {
      const passage = passages.get(rowId)
      return passage === undefined ? [] : [{ ...passage, score }]
    })
  })
