/**
 * The ranking of the passages that a search of the index found. It is BM25 over stems, with more weight for words in the
 * form the query has, for words that stand together as in the query, for words of the passages before and after, and for
 * resemblance to the best passages. The weights were chosen on long abstracts (the even-numbered questions of Cranfield, and
 * CF), titles with and without abstracts (CACM) and single sentences (WikiQA) together: see CHOSEN_ON in bench/recall.
 */
import type { Passage } from "../../ports/Storage.js"
import { type QueryTerm, stemOf } from "../../text/Words.js"
import type { Copy } from "./Copies.js"
import { relevanceFeedback } from "./Feedback.js"
import { idf } from "./Scores.js"
import { countTerms, Parser, type PassageWords, splitPassage, type Term, type Tokens, trimVocabulary } from "./Terms.js"

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
export const weighTerms = (
  query: ReadonlyArray<QueryTerm>,
  rows: number,
  documentFrequencies: ReadonlyArray<number>
): ReadonlyArray<number> =>
  idf(rows, documentFrequencies).map((idf, term) => idf * (query[term]?.count ?? 1) ** QUERY_EXPONENT)

/** The occurrences of a query term in a passage: `count` of all its forms, `exact` of the form the query has. */
interface Occurrences {
  readonly count: number
  readonly exact: number
  readonly positions: ReadonlyArray<number>
}

const absent: Occurrences = { count: 0, exact: 0, positions: [] }

/** A passage with respect to a query. */
interface Parsed extends Pick<Passage, "doc_id" | "index"> {
  readonly passage: Passage
  readonly tokens: Tokens
  /** One for each term of the query, in order. */
  readonly occurrences: ReadonlyArray<Occurrences>
}

/** Which terms of a passage match which of the query: its own stem or, for a prefix, all that no other term has. */
const matcherOf = (query: ReadonlyArray<QueryTerm>) => {
  const stems = new Map(query.map(({ stem }, term) => [stem, term]))
  const prefixes = query.flatMap(({ prefix, stem }, term) => (prefix ? [{ stem, term }] : []))
  const byPrefix = (stem: string) => prefixes.find((each) => stem.startsWith(each.stem))?.term
  /** The numbers of words that were met: a small map is read faster than the cache of stems. */
  const numbers = new Map<string, number>()
  /** The number of the query term that a word is a form of; -1 if there is none. */
  const termOf = (word: string): number => {
    const known = numbers.get(word)
    if (known !== undefined) return known
    const stem = stemOf(word)
    const number = stems.get(stem) ?? byPrefix(stem) ?? -1
    numbers.set(word, number)
    return number
  }
  return {
    termOf,
    /** The terms of a passage that are of each term of the query. */
    matchesOf: (tokens: Tokens): ReadonlyArray<ReadonlyArray<Term>> => {
      const matches = query.map(({ stem }): Array<Term> => {
        const own = tokens.stems.get(stem)
        return own === undefined ? [] : [own]
      })
      for (const [stem, term] of prefixes.length === 0 ? [] : tokens.stems) {
        if (!stems.has(stem)) matches[byPrefix(stem) ?? -1]?.push(term)
      }
      return matches
    }
  }
}
type Matcher = ReturnType<typeof matcherOf>

/** A passage to rank, and its words if they are at hand. */
interface Candidate {
  readonly passage: Passage
  readonly words?: PassageWords | undefined
}

const sumOfCounts = (terms: ReadonlyArray<Term>): number => terms.reduce((sum, { count }) => sum + count, 0)

const parse = (
  { passage, words }: Candidate,
  query: ReadonlyArray<QueryTerm>,
  { matchesOf }: Matcher,
  parser: Parser
): Parsed => {
  const { doc_id, index } = passage
  const tokens = parser.parse(passage, words)
  const matches = matchesOf(tokens)
  const occurrences = query.map(({ word }, index): Occurrences => {
    const terms = matches[index] ?? []
    const [first, ...more] = terms
    if (first === undefined) return absent
    const positions =
      more.length === 0
        ? first.positions
        : terms.flatMap(({ positions }) => positions).sort((one, other) => one - other)
    let exact = tokens.title.get(word) ?? 0
    for (const position of positions) if (tokens.words[position] === word) exact++
    return {
      count: sumOfCounts(terms),
      exact,
      positions: positions.length <= MAX_POSITIONS ? positions : positions.slice(0, MAX_POSITIONS)
    }
  })
  return { doc_id, index, passage, tokens, occurrences }
}

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
  const key = (doc_id: string, index: number) => `${doc_id} ${index}`
  const known = new Map(found.map((each) => [key(each.doc_id, each.index), each]))
  return found.map(({ doc_id, index }) =>
    [index - 1, index + 1].flatMap((other) => known.get(key(doc_id, other)) ?? [])
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
  { matchesOf, termOf }: Matcher,
  parser: Parser
): ReadonlyArray<Candidate> => {
  if (items.length <= CANDIDATES) return items.map((passage) => ({ passage }))
  const counted = items.map((passage, order) => {
    const tokens = parser.known(passage)
    if (tokens !== undefined) {
      return { passage, order, counts: matchesOf(tokens).map(sumOfCounts), length: tokens.length }
    }
    const words = splitPassage(passage)
    return { passage, order, words, ...countTerms(words, query.length, termOf) }
  })
  const bm25Of = bm25Among(counted, DEFAULT_K1, DEFAULT_B)
  return counted
    .map(({ counts, length, ...candidate }) => {
      const bm25 = bm25Of({ length })
      return {
        ...candidate,
        score: counts.reduce((sum, count, term) => sum + (query[term]?.idf ?? 0) * bm25(count), 0)
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
  return found.map(({ occurrences, tokens }, passage) => {
    const bm25 = bm25Of(tokens)
    const near = neighbours[passage] ?? []
    let score = 0
    for (let index = 0; index < query.length; index++) {
      const idf = query[index]?.idf ?? 0
      const { count, exact, positions } = occurrences[index] ?? absent
      score += idf * (bm25(count) + EXACT_WEIGHT * bm25(exact))
      if (count === 0) {
        let best = 0
        for (const { occurrences } of near) best = Math.max(best, bm25(occurrences[index]?.count ?? 0))
        score += NEIGHBOUR_WEIGHT * idf * best
        continue
      }
      const next = query[index + 1]
      if (next === undefined) continue
      const pairs = proximity(positions, (occurrences[index + 1] ?? absent).positions)
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
  parser: Parser = new Parser()
): ReadonlyArray<RankedPassage> => {
  if (items.length === 0) return []
  trimVocabulary()
  const weights = weighTerms(query, rows, documentFrequencies)
  const weighted = query.map((term, index) => ({ ...term, idf: weights[index] ?? 0 }))
  const matcher = matcherOf(query)
  const candidates = candidatesOf(weighted, items, matcher, parser).map((candidate) =>
    parse(candidate, query, matcher, parser)
  )
  const own = relevance(weighted, candidates)
  const feedback = relevanceFeedback(own, candidates)
  const total = weighted.reduce((sum, { idf }) => sum + idf * (1 + EXACT_WEIGHT), 0) || 1
  return candidates
    .map(({ passage }, index) => ({ ...passage, score: ((own[index] ?? 0) + (feedback[index] ?? 0)) / total }))
    .sort((one, other) => other.score - one.score)
}
