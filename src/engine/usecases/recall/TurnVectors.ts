/** What the vectors of turns add to what their words find. */
import * as Effect from "effect/Effect"
import { type Cosines, type SessionRow, Storage } from "../../ports/Storage.js"
import { appendVectorOnly, fuseScores } from "./Fusion.js"
import type { QueryVector } from "./QueryVector.js"
import { bestRows, type RowScores, type ScoredRow } from "./Scores.js"

/** How many of an owner's turns are compared with a question: the newest. */
export const COMPARED = 20_000
/** How many of the best turns by words, and as many by vectors, are ranked together. */
export const CANDIDATES = 200

/**
 * How much the cosines of the turns before and after count, relative to a turn's own: an answer makes sense with its
 * question. Measured on LoCoMo, see bench/recall.
 */
const NEIGHBOUR_COSINE = 0.4
/**
 * How much a pooled cosine counts beside the words. Measured on LoCoMo with all-MiniLM-L6-v2, each conversation left out
 * once, see docs/recall.md.
 */
const WEIGHT = 1.25

/** The cosine of each turn pooled with those of its neighbours. */
export const pool = ({ cosines, rowIds: all }: Cosines): RowScores => {
  const rowIds = Float64Array.from(all)
  /** The cosine of a neighbour, if it is one. */
  const beside = (index: number, rowId: number): number => (rowIds[index] === rowId ? (cosines[index] ?? 0) : 0)
  const scores = Float64Array.from(cosines, (cosine, index) => {
    const rowId = rowIds[index] ?? 0
    const neighbours = beside(index - 1, rowId - 1) + beside(index + 1, rowId + 1)
    return (cosine + NEIGHBOUR_COSINE * neighbours) / (1 + 2 * NEIGHBOUR_COSINE)
  })
  return { rowIds, scores }
}

/** The scores of some of the turns, the newest first. */
const pick = ({ rowIds, scores }: RowScores, wanted: ReadonlySet<number>): ReadonlyArray<ScoredRow> => {
  const found: Array<ScoredRow> = []
  for (let index = rowIds.length - 1; index >= 0; index--) {
    const rowId = rowIds[index] ?? 0
    if (wanted.has(rowId)) found.push({ rowId, score: scores[index] ?? 0 })
  }
  return found
}

/** The turns that words or vectors find, best first; of equals, the newest. */
export const combineTurns = (byWords: RowScores, cosines: Cosines, semantic: boolean): ReadonlyArray<ScoredRow> => {
  const pooled = pool(cosines)
  const wanted = new Set([byWords, pooled].flatMap((found) => bestRows(found, CANDIDATES).map(({ rowId }) => rowId)))
  const found = pick(byWords, wanted).filter(({ score }) => score > 0)
  const near = new Map(pick(pooled, wanted).map(({ rowId, score }) => [rowId, score]))
  return semantic ? fuseScores(found, near, WEIGHT) : appendVectorOnly(found, near)
}

/** The search of turns by words and by the vector of a question. */
export const make = Effect.map(
  Storage,
  ({ turnVectors }) =>
    (developer: string, session: SessionRow, byWords: RowScores, { semantic, vector }: QueryVector) => {
      // Turns that words found are compared, too, if they are older than those that are compared anyway.
      const found = bestRows(byWords, CANDIDATES).flatMap(({ rowId }) => [rowId - 1, rowId, rowId + 1])
      return Effect.map(turnVectors.similarities(developer, session.id, vector, COMPARED, found), (cosines) =>
        combineTurns(byWords, cosines, semantic)
      )
    }
)
