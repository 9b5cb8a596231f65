/** Scores of rows by their postings alone: which terms of a query a row contains, each weighed by how rare it is. */
import * as Arr from "effect/Array"
import type { Postings, SearchLimits } from "../../ports/Storage.js"

/** The limits of a search of turns and memories; every turn runs one. */
export const LIMITS: SearchLimits = {
  /** A hundred rows distinguish rare terms from common ones; the exact number would cost a scan of all. */
  rows: 100,
  /** A term that more rows contain says little about any of them. */
  perTerm: 2000
}

/** The terms of a row are the bits of a 32-bit integer. Of a longer query, those with the highest weights count. */
const MAX_TERMS = 31

/** The inverse document frequency of terms, in nats: 0 of a term in every row, more the fewer rows contain it. */
export const idf = (rows: number, documentFrequencies: ReadonlyArray<number>): ReadonlyArray<number> =>
  documentFrequencies.map((count) => Math.log(1 + Math.max(0, rows - count + 0.5) / (count + 0.5)))

/** A row that contains terms of the query. */
export interface ScoredRow {
  readonly rowId: number
  /** The part of the query's weight that the row contains: 1 with every term, 0 with none. */
  readonly score: number
}

interface Term {
  readonly rowIds: ReadonlyArray<number>
  /** The part of the query's weight that this term has. */
  readonly weight: number
}

const weighTerms = ({ postings, rows }: Postings): ReadonlyArray<Term> => {
  const frequencies = postings.map(({ length }) => length)
  // Where the count stopped at the limit, the most common term is taken to be in half of the rows. Postings may have rows
  // that were deleted since, so that they are more than the count.
  const most = Math.max(rows, ...frequencies.map((count) => (rows < LIMITS.rows ? count : 2 * count)))
  const idfs = idf(most, frequencies)
  const total = idfs.reduce((sum, each) => sum + each, 0) || 1
  return postings
    .map((rowIds, term) => ({ rowIds, weight: (idfs[term] ?? 0) / total }))
    .filter(({ rowIds }) => rowIds.length > 0)
    .sort((one, other) => other.weight - one.weight)
    .slice(0, MAX_TERMS)
}

/** The rows that contain any of some terms. */
export interface TermMatches {
  /** In ascending order. */
  readonly rowIds: Float64Array
  /** The terms of each row, as bits. */
  readonly bits: Int32Array
}

/** The distinct row ids of some terms, in ascending order. */
const distinct = (terms: ReadonlyArray<Term>): Float64Array => {
  const all = new Float64Array(terms.reduce((sum, { rowIds }) => sum + rowIds.length, 0))
  let count = 0
  for (const { rowIds } of terms) {
    for (const rowId of rowIds) all[count++] = rowId
  }
  all.sort()
  count = 0
  for (const rowId of all) if (count === 0 || rowId !== all[count - 1]) all[count++] = rowId
  return all.subarray(0, count)
}

/** A map of bits by row id would take several times as long. */
const matchTerms = (terms: ReadonlyArray<Term>): TermMatches => {
  const found = distinct(terms)
  const bits = new Int32Array(found.length)
  const last = found.length - 1
  for (const [term, { rowIds }] of terms.entries()) {
    let at = last
    for (const rowId of rowIds) {
      // Postings are in descending order, but for what was added to them.
      if ((found[at] ?? 0) < rowId) at = last
      while ((found[at] ?? 0) > rowId) at--
      bits[at] = (bits[at] ?? 0) | (1 << term)
    }
  }
  return { rowIds: found, bits }
}

const none = new Float64Array(1)

/** The sums of every subset of some weights: at each index, of those that are its bits. */
const subsetSums = (weights: ReadonlyArray<number>): Float64Array => {
  const sums = new Float64Array(2 ** weights.length)
  for (const [bit, weight] of weights.entries()) {
    for (let subset = 0; subset < 1 << bit; subset++) sums[subset | (1 << bit)] = (sums[subset] ?? 0) + weight
  }
  return sums
}

/** The weight of a set of terms. A search weighs many sets, so the sums of each byte are computed beforehand. */
const weightOf = (terms: ReadonlyArray<Term>) => {
  const weights = terms.map(({ weight }) => weight)
  const [first = none, second = none, third = none, fourth = none] = Arr.chunksOf(weights, 8).map(subsetSums)
  return (bits: number): number =>
    (first[bits & 255] ?? 0) +
    (second[(bits >>> 8) & 255] ?? 0) +
    (third[(bits >>> 16) & 255] ?? 0) +
    (fourth[bits >>> 24] ?? 0)
}

/** The rows that contain terms of a query, and the weight of the bits of terms. */
export const matchRows = (found: Postings): TermMatches & { readonly weight: (bits: number) => number } => {
  const terms = weighTerms(found)
  return { ...matchTerms(terms), weight: weightOf(terms) }
}

/** The scores of rows, in the order of their row ids. */
export interface RowScores {
  readonly rowIds: Float64Array
  readonly scores: Float64Array
}

/** Best first; of equals, the row with the highest id, which is the newest. */
export const byScore = (one: ScoredRow, other: ScoredRow): number => other.score - one.score || other.rowId - one.rowId

/** The least score above 0. */
const ANY = Number.MIN_VALUE

/** The rows with the highest scores of at least `minScore`, by default above 0, best first; of equals, the newest. */
export const bestRows = ({ rowIds, scores }: RowScores, limit: number, minScore = ANY): ReadonlyArray<ScoredRow> => {
  let best: Array<ScoredRow> = []
  /** A score that `limit` newer rows have already. */
  let reached = -1
  for (let index = scores.length - 1; index >= 0; index--) {
    const score = scores[index] ?? 0
    if (score <= reached || score < minScore) continue
    best.push({ rowId: rowIds[index] ?? 0, score })
    if (best.length < 4 * limit) continue
    best = best.sort(byScore).slice(0, limit)
    reached = best.at(-1)?.score ?? reached
  }
  return best.sort(byScore).slice(0, limit)
}

/** The rows that contain any term of a query, best first: all, or as many as a limit. */
export const scoreRows = (found: Postings, limit = Number.POSITIVE_INFINITY): ReadonlyArray<ScoredRow> => {
  const { bits, rowIds, weight } = matchRows(found)
  return bestRows({ rowIds, scores: Float64Array.from(bits).map(weight) }, limit, 0)
}
