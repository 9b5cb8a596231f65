/** Scores of rows by their postings alone: which terms of a query a row contains, each weighed by how rare it is. */
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
  /** In descending order. */
  readonly rowIds: ReadonlyArray<number>
  /** The part of the query's weight that this term has. */
  readonly weight: number
}

/** A posting in descending order, as it is but for row ids that were added to it. */
const inOrder = (rowIds: ReadonlyArray<number>): ReadonlyArray<number> =>
  rowIds.every((rowId, index) => index === 0 || rowId < (rowIds[index - 1] ?? 0))
    ? rowIds
    : rowIds.toSorted((one, other) => other - one)

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
    .map(({ rowIds, weight }) => ({ rowIds: inOrder(rowIds), weight }))
}

/** The rows that contain any of some terms. */
export interface TermMatches {
  /** In ascending order. */
  readonly rowIds: Float64Array
  /** The terms of each row, as bits. */
  readonly bits: Int32Array
}

/**
 * Merges the postings of one term after the other, from their ends: the rarest first, so that few rows move often. A sort of
 * all row ids takes twice as long, and a map of bits by row id several times.
 */
const matchTerms = (terms: ReadonlyArray<Term>): TermMatches => {
  const size = terms.reduce((sum, { rowIds }) => sum + rowIds.length, 0)
  const found = new Float64Array(size)
  const bits = new Int32Array(size)
  let start = 0
  let end = 0
  for (const [term, { rowIds }] of terms.entries()) {
    /** The last row of the terms before that is not merged. */
    let last = end - 1
    end += rowIds.length
    let to = end
    for (const rowId of rowIds) {
      for (; last >= start && (found[last] ?? 0) > rowId; last--) {
        to--
        found[to] = found[last] ?? 0
        bits[to] = bits[last] ?? 0
      }
      const before = last >= start && found[last] === rowId ? (bits[last--] ?? 0) : 0
      to--
      found[to] = rowId
      bits[to] = before | (1 << term)
    }
    // As many places are left as rows contain this term and others.
    const left = to - (last + 1)
    if (left > 0) {
      found.copyWithin(start + left, start, last + 1)
      bits.copyWithin(start + left, start, last + 1)
      start += left
    }
  }
  return { rowIds: found.subarray(start), bits: bits.subarray(start) }
}

/** How many subsets eight terms have. */
const SUBSETS = 256

/**
 * The weights of the subsets of the first eight terms, by their bits, behind them those of the next eight, and so on. A
 * search weighs many sets, so they are computed beforehand.
 */
export type Weights = Float64Array

const weighSubsets = (terms: ReadonlyArray<Term>): Weights => {
  const weights = new Float64Array(4 * SUBSETS)
  for (const [term, { weight }] of terms.entries()) {
    const first = SUBSETS * (term >>> 3)
    const bit = 1 << (term & 7)
    for (let at = first; at < first + bit; at++) weights[at + bit] = (weights[at] ?? 0) + weight
  }
  return weights
}

/** The weight of a set of terms by its bits. Most queries have eight terms or fewer. A closure would take twice as long. */
export const weigh = (weights: Weights, bits: number): number =>
  bits < SUBSETS
    ? (weights[bits] ?? 0)
    : (weights[bits & 255] ?? 0) +
      (weights[SUBSETS + ((bits >>> 8) & 255)] ?? 0) +
      (weights[2 * SUBSETS + ((bits >>> 16) & 255)] ?? 0) +
      (weights[3 * SUBSETS + (bits >>> 24)] ?? 0)

/** The rows that contain terms of a query, and the weights of the terms. */
export const matchRows = (found: Postings): TermMatches & { readonly weights: Weights } => {
  const terms = weighTerms(found)
  const { bits, rowIds } = matchTerms(terms)
  return { rowIds, bits, weights: weighSubsets(terms) }
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

/** The longest list that each row is inserted into; a longer one is sorted at the end. */
const MAX_INSERTED = 256

/** The rows with the highest scores of at least `minScore`, by default above 0, best first; of equals, the newest. */
export const bestRows = ({ rowIds, scores }: RowScores, limit: number, minScore = ANY): ReadonlyArray<ScoredRow> => {
  const best: Array<ScoredRow> = []
  const isShort = limit <= MAX_INSERTED
  /** A score that `limit` newer rows have already. */
  let reached = limit === 0 ? Number.POSITIVE_INFINITY : -1
  for (let index = scores.length - 1; index >= 0; index--) {
    const score = scores[index] ?? 0
    if (score <= reached || score < minScore) continue
    let at = best.length
    if (isShort) {
      for (at = Math.min(at, limit - 1); at > 0; at--) {
        const before = best[at - 1]
        if (before === undefined || before.score >= score) break
        best[at] = before
      }
    }
    best[at] = { rowId: rowIds[index] ?? 0, score }
    if (isShort) reached = best[limit - 1]?.score ?? reached
  }
  return isShort ? best : best.sort(byScore).slice(0, limit)
}

/** The rows that contain any term of a query, best first: all, or as many as a limit. */
export const scoreRows = (found: Postings, limit = Number.POSITIVE_INFINITY): ReadonlyArray<ScoredRow> => {
  const { bits, rowIds, weights } = matchRows(found)
  const scores = new Float64Array(bits.length)
  for (let index = 0; index < bits.length; index++) scores[index] = weigh(weights, bits[index] ?? 0)
  return bestRows({ rowIds, scores }, limit, 0)
}
