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
  // Where the count stopped at the limit, the most common term is taken to be in half of the rows.
  const idfs = idf(rows < LIMITS.rows ? rows : Math.max(rows, ...frequencies.map((count) => 2 * count)), frequencies)
  const total = idfs.reduce((sum, each) => sum + each, 0) || 1
  return postings
    .map((rowIds, term) => ({ rowIds, weight: (idfs[term] ?? 0) / total }))
    .filter(({ rowIds }) => rowIds.length > 0)
    .sort((one, other) => other.weight - one.weight)
    .slice(0, MAX_TERMS)
}

/** The terms of each row that contains any, as bits. */
const termsByRow = (terms: ReadonlyArray<Term>): ReadonlyMap<number, number> => {
  const bits = new Map<number, number>()
  for (const [term, { rowIds }] of terms.entries()) {
    for (const rowId of rowIds) bits.set(rowId, (bits.get(rowId) ?? 0) | (1 << term))
  }
  return bits
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

/** The rows that contain terms of a query, as bits, and the weight of such bits. */
export const matchRows = (found: Postings) => {
  const terms = weighTerms(found)
  return { rows: termsByRow(terms), weight: weightOf(terms) }
}

/** Best first; of equals, the row with the highest id, which is the newest. */
export const byScore = (one: ScoredRow, other: ScoredRow): number => other.score - one.score || other.rowId - one.rowId

/** The rows that contain any term of a query, best first. */
export const scoreRows = (found: Postings): ReadonlyArray<ScoredRow> => {
  const { rows, weight } = matchRows(found)
  return Array.from(rows, ([rowId, terms]) => ({ rowId, score: weight(terms) })).sort(byScore)
}
