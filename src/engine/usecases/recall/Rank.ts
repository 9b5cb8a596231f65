/**
 * The ranking of the passages that a search of the index found. It is BM25 over stems, with more weight for words in the
 * form the query has, for words that stand together as in the query, for words of the passages before and after, and for
 * resemblance to the best passages. The weights were chosen on long abstracts (the even-numbered questions of Cranfield, and
 * CF), titles with and without abstracts (CACM) and single sentences (WikiQA) together: see CHOSEN_ON in bench/recall.
 */
import type { Passage } from "../../ports/Storage.js"
import type { QueryTerm } from "../../text/Words.js"
import type { Copy } from "./Copies.js"
import { relevanceFeedback } from "./Feedback.js"
import { idf } from "./Scores.js"
import { type TermVector, TermVectorCache, TITLE_WEIGHT } from "./TermVectors.js"
import { TermMap, trimVocabulary, vocabulary } from "./Vocabulary.js"

/** BM25 term saturation: the higher, the more each further occurrence of a term counts. */
const K1 = 1.5
/** BM25 length normalisation, from 0, where the length of a passage does not matter, to 1. */
const B = 0.6
/** The weight of a word in the very form the query has, added to that of any form of it. */
const EXACT_WEIGHT = 0.3
/** The weight of two consecutive words of the query that stand near each other. */
const PROXIMITY_WEIGHT = 0.4
/** The weight of a term that only the passages before or after contain, relative to one of the passage itself. */
const NEIGHBOUR_WEIGHT = 0.5

/** The exponent of the frequency of a term in the query: long questions repeat what they are about. */
const QUERY_EXPONENT = 0.5

/** How many passages are ranked: of those that a search reads, the ones with the highest BM25 score. */
const CANDIDATES = 100
/** K1 and B of this score, the defaults of textbooks and of SQLite. */
const DEFAULT_K1 = 1.2
const DEFAULT_B = 0.75
/** The greatest distance of words that stand near each other, in words. */
const PROXIMITY_WINDOW = 3
/** How many positions of a term are compared for proximity: the number of pairs grows with the square. */
const MAX_POSITIONS = 50

/** A term of the query with its weight. */
interface WeightedTerm extends QueryTerm {
  /** Its inverse document frequency, more if the query repeats it. */
  readonly idf: number
}

/** The weights of the terms of a query among passages, in order: a term that it has four times weighs twice as much. */
export const weighQueryTerms = (
  query: ReadonlyArray<QueryTerm>,
  rows: number,
  documentFrequencies: ReadonlyArray<number>
): ReadonlyArray<number> =>
  idf(rows, documentFrequencies).map((idf, term) => idf * (query[term]?.count ?? 1) ** QUERY_EXPONENT)

/** The occurrences of each term of a query in a passage, in order. */
interface Occurrences {
  /** Those of all its forms. */
  readonly counts: ReadonlyArray<number>
  /** Those of the form that the query has. */
  readonly exact: ReadonlyArray<number>
  /** Where its words stand in the text, ascending. */
  readonly positions: ReadonlyArray<ReadonlyArray<number>>
}

/** A passage with respect to a query. */
interface Parsed extends Occurrences, Pick<Passage, "doc_id" | "index"> {
  readonly passage: Passage
  readonly tokens: TermVector
}

/** No term of the query. */
const NONE = -1

/** The terms of the query that the stems of a ranking are of. */
const terms = new TermMap()

/** Which stems match which terms of the query: the stem of a term or, for a prefix, every stem that no other term has. */
const matcherOf = (query: ReadonlyArray<QueryTerm>) => {
  const known = vocabulary()
  terms.clear()
  for (const [index, { stem }] of query.entries()) terms.set(known.termIdOf(stem), index)
  const words = query.map(({ word }) => known.termIdOf(word))
  const prefixes = query.flatMap(({ prefix, stem }, index) => (prefix ? [{ stem, index }] : []))
  const byPrefix = (stem: string) => prefixes.find((each) => stem.startsWith(each.stem))?.index ?? NONE
  /** The term of the query that a stem matches, or {@link NONE}. */
  const termOf = (stem: number): number => {
    const term = terms.get(stem)
    if (term !== undefined) return term
    if (prefixes.length === 0) return NONE
    const found = byPrefix(known.textOf(stem))
    terms.set(stem, found)
    return found
  }
  /** How often a passage contains each term. */
  const countsOf = ({ counts, stems }: TermVector): ReadonlyArray<number> => {
    const found = query.map(() => 0)
    for (let index = 0; index < stems.length; index++) {
      const term = termOf(stems[index] ?? 0)
      if (term !== NONE) found[term] = (found[term] ?? 0) + (counts[index] ?? 0)
    }
    return found
  }
  const occurrencesOf = (tokens: TermVector): Occurrences => {
    const exact = query.map(() => 0)
    const positions = query.map((): Array<number> => [])
    const read = (all: ReadonlyArray<number>, weight: number, inText: boolean) => {
      for (let position = 0; position < all.length; position++) {
        const word = all[position] ?? 0
        const term = termOf(known.stemOf(word))
        if (term === NONE) continue
        if (word === words[term]) exact[term] = (exact[term] ?? 0) + weight
        if (inText && (positions[term]?.length ?? 0) < MAX_POSITIONS) positions[term]?.push(position)
      }
    }
    read(tokens.words, 1, true)
    read(tokens.title, TITLE_WEIGHT, false)
    return { counts: countsOf(tokens), exact, positions }
  }
  return { countsOf, occurrencesOf }
}
type Matcher = ReturnType<typeof matcherOf>

/** How near two terms stand to each other, over all their positions: 1 where one follows the other once. */
const proximity = (first: ReadonlyArray<number>, second: ReadonlyArray<number>): number => {
  let sum = 0
  for (const one of first) {
    for (const other of second) {
      const distance = Math.abs(one - other)
      if (distance <= PROXIMITY_WINDOW) sum += 1 / distance
    }
  }
  return sum
}

/** For each passage, the ones before and after it in its doc, if the search found them. */
const neighboursOf = (found: ReadonlyArray<Parsed>): ReadonlyArray<ReadonlyArray<Parsed>> => {
  const docs = new Map<string, Array<Parsed>>()
  for (const each of found) {
    const others = docs.get(each.doc_id)
    if (others === undefined) docs.set(each.doc_id, [each])
    else others.push(each)
  }
  return found.map(({ doc_id, index }) =>
    (docs.get(doc_id) ?? []).filter((other) => Math.abs(other.index - index) === 1)
  )
}

/** The BM25 weight of a term that a passage contains so many times, relative to its inverse document frequency. */
const bm25Among = (found: ReadonlyArray<{ readonly length: number }>, k1: number, b: number) => {
  const averageLength = found.reduce((sum, { length }) => sum + length, 0) / found.length || 1
  return ({ length }: { readonly length: number }) => {
    const norm = k1 * (1 - b + (b * length) / averageLength)
    return (count: number) => (count === 0 ? 0 : (count * (k1 + 1)) / (count + norm))
  }
}

/** The passages with the highest BM25 score, in the order of `items`. */
const candidatesOf = (
  query: ReadonlyArray<WeightedTerm>,
  items: ReadonlyArray<Passage>,
  { countsOf }: Matcher,
  parser: TermVectorCache
): ReadonlyArray<Pick<Parsed, "passage" | "tokens">> => {
  const parsed = items.map((passage, order) => ({ passage, order, tokens: parser.parse(passage) }))
  if (items.length <= CANDIDATES) return parsed
  const bm25Of = bm25Among(
    parsed.map(({ tokens }) => tokens),
    DEFAULT_K1,
    DEFAULT_B
  )
  return parsed
    .map((candidate) => {
      const bm25 = bm25Of(candidate.tokens)
      const counts = countsOf(candidate.tokens)
      return {
        score: counts.reduce((sum, count, term) => sum + (query[term]?.idf ?? 0) * bm25(count), 0),
        ...candidate
      }
    })
    .sort((one, other) => other.score - one.score)
    .slice(0, CANDIDATES)
    .sort((one, other) => one.order - other.order)
}

/** The score of each passage by its own words and those of its neighbours. */
const relevance = (query: ReadonlyArray<WeightedTerm>, found: ReadonlyArray<Parsed>): ReadonlyArray<number> => {
  const bm25Of = bm25Among(
    found.map(({ tokens }) => tokens),
    K1,
    B
  )
  const neighbours = neighboursOf(found)
  return found.map(({ counts, exact, positions, tokens }, passage) => {
    const bm25 = bm25Of(tokens)
    const near = neighbours[passage] ?? []
    let score = 0
    for (let index = 0; index < query.length; index++) {
      const idf = query[index]?.idf ?? 0
      const count = counts[index] ?? 0
      score += idf * (bm25(count) + EXACT_WEIGHT * bm25(exact[index] ?? 0))
      if (count === 0) {
        let best = 0
        for (const { counts } of near) best = Math.max(best, bm25(counts[index] ?? 0))
        score += NEIGHBOUR_WEIGHT * idf * best
        continue
      }
      const next = query[index + 1]
      if (next === undefined) continue
      const pairs = proximity(positions[index] ?? [], positions[index + 1] ?? [])
      score += PROXIMITY_WEIGHT * Math.min(idf, next.idf) * bm25(pairs)
    }
    return score
  })
}

/** The passages that a search read, and how common the terms of the query are. */
export interface Found {
  readonly items: ReadonlyArray<Passage>
  /** The number of passages that were searched. */
  readonly rows: number
  /** How many of them contain each term of the query, in order. */
  readonly documentFrequencies: ReadonlyArray<number>
}

/** A passage and its score: about 1 if it has every word of the query once, 0 if it has none. */
export interface RankedPassage extends Passage {
  readonly score: number
  /** The passages that are equal to it, title included, which count as this one. */
  readonly copies?: ReadonlyArray<Copy>
}

/**
 * Ranks the best of some passages for a query, best first; of equals, the one that comes first in `items`. The passages of
 * one parser are those of one store.
 */
export const rank = (
  query: ReadonlyArray<QueryTerm>,
  { documentFrequencies, items, rows }: Found,
  parser: TermVectorCache = new TermVectorCache()
): ReadonlyArray<RankedPassage> => {
  if (items.length === 0) return []
  trimVocabulary()
  const weights = weighQueryTerms(query, rows, documentFrequencies)
  const weighted = query.map((term, index) => ({ idf: weights[index] ?? 0, ...term }))
  const matcher = matcherOf(query)
  const candidates = candidatesOf(weighted, items, matcher, parser).map(
    ({ passage, tokens }): Parsed => ({
      doc_id: passage.doc_id,
      index: passage.index,
      passage,
      tokens,
      ...matcher.occurrencesOf(tokens)
    })
  )
  const own = relevance(weighted, candidates)
  const feedback = relevanceFeedback(own, candidates)
  const total = weighted.reduce((sum, { idf }) => sum + idf * (1 + EXACT_WEIGHT), 0) || 1
  return candidates
    .map(({ passage }, index) => ({ score: ((own[index] ?? 0) + (feedback[index] ?? 0)) / total, ...passage }))
    .sort((one, other) => other.score - one.score)
}
