/** One ranking by the words that rows contain and by their vectors' cosines. */
import type { ScoredRow } from "./Scores.js"

/**
 * The rows that words or vectors found, best first. A row's place depends on its score by words, as a part of the best one,
 * plus `weight` times its cosine. A row without a vector has the mean cosine of those that words found: it may not be
 * embedded yet.
 *
 * The scores are comparable between questions: that of the first row is the mean of its score by words and its cosine, in
 * which the cosine counts `weight` times, and the others are in proportion to it.
 */
export const fuseScores = (
  byWords: ReadonlyArray<ScoredRow>,
  cosines: ReadonlyMap<number, number>,
  weight: number
): ReadonlyArray<ScoredRow> => {
  const best = byWords.reduce((most, { score }) => Math.max(most, score), 0)
  const known = byWords.flatMap(({ rowId }) => cosines.get(rowId) ?? [])
  const mean = known.reduce((sum, cosine) => sum + cosine, 0) / (known.length || 1)
  const score = (rowId: number, words: number) => {
    // Below 0, a cosine only says that two texts have nothing in common.
    const cosine = weight * Math.max(0, cosines.get(rowId) ?? mean)
    return { rowId, score: (best === 0 ? 0 : words / best) + cosine, whole: (words + cosine) / (1 + weight) }
  }
  const found = new Set(byWords.map(({ rowId }) => rowId))
  const rows = [
    ...byWords.map((row) => score(row.rowId, row.score)),
    ...Array.from(cosines.keys(), (rowId) => (found.has(rowId) ? [] : score(rowId, 0))).flat()
  ].filter((row) => row.score > 0)
  const first = rows.reduce((most, row) => (row.score > most.score ? row : most), rows[0] ?? score(0, 0))
  const scale = first.score === 0 ? 0 : first.whole / first.score
  // Scores that differ may be equal in proportion: then the order of `rows` holds.
  return rows
    .map((row) => ({ rowId: row.rowId, score: row.score * scale }))
    .sort((one, other) => other.score - one.score)
}

/** How much a cosine of 1 counts if words found nothing: as much as in the mean of the two. */
const ALONE = 0.5

/**
 * The rows that words found, as they are, then those that only vectors found: for cosines that know nothing but words, which
 * the score by words knows better. A row of the latter has its cosine as a part of the least score by words.
 */
export const appendVectorOnly = (
  byWords: ReadonlyArray<ScoredRow>,
  cosines: ReadonlyMap<number, number>
): ReadonlyArray<ScoredRow> => {
  const least = byWords.reduce((least, { score }) => Math.min(least, score), ALONE)
  const found = new Set(byWords.map(({ rowId }) => rowId))
  const others = Array.from(cosines, ([rowId, cosine]) => ({ rowId, score: least * cosine }))
  return [
    ...byWords.toSorted((one, other) => other.score - one.score),
    ...others.filter(({ rowId, score }) => score > 0 && !found.has(rowId)).sort((one, other) => other.score - one.score)
  ]
}
