/**
 * The ranking of the passages that a search of the index found. It is BM25 over stems, with more weight for words in the
 * form the query has, for words that stand together as in the query, for words of the passages before and after, and for
 * resemblance to the best passages. The weights were chosen on the even-numbered questions of Cranfield, see bench/recall.
 */
import type { Passage } from "../../ports/Storage.js"
import type { QueryTerm } from "../../text/Words.js"
import { idf } from "./Scores.js"
import { type Term, type Tokens, tokensOf, trimVocabulary } from "./Terms.js"

/** BM25 term saturation: the higher, the more each further occurrence of a term counts. */
const K1 = 2
/** BM25 length normalisation, from 0, where the length of a passage does not matter, to 1. */
const B = 0.8
/** The weight of a word in the very form the query has, added to that of any form of it. */
const EXACT_WEIGHT = 0.5
/** The weight of two consecutive words of the query that stand near each other. */
const PROXIMITY_WEIGHT = 0.4
/** The weight of a term that only the passages before or after contain, relative to one of the passage itself. */
const NEIGHBOUR_WEIGHT = 0.5
/** The weight of resemblance to the best passages. */
const FEEDBACK_WEIGHT = 2

/** The greatest distance of words that stand near each other, in words. */
const PROXIMITY_WINDOW = 3
/** How many of the best passages the others are compared with. */
const FEEDBACK_PASSAGES = 4
/** How many positions of a term are compared for proximity: the number of pairs grows with the square. */
const MAX_POSITIONS = 50

/** A term of the query with its inverse document frequency. */
interface WeightedTerm extends QueryTerm {
  readonly idf: number
}

/** The occurrences of a query term in a passage: `count` of all its forms, `exact` of the form the query has. */
interface Occurrences {
  readonly count: number
  readonly exact: number
  readonly positions: ReadonlyArray<number>
}

const absent: Occurrences = { count: 0, exact: 0, positions: [] }

/** A passage with respect to a query. */
interface Parsed {
  readonly doc_id: string
  readonly index: number
  readonly tokens: Tokens
  /** One for each term of the query, in order. */
  readonly occurrences: ReadonlyArray<Occurrences>
}

/** Finds the terms of a passage that match a query term: its own stem or, for a prefix, all that no other term has. */
const matcherOf = (query: ReadonlyArray<QueryTerm>) => {
  const stems = new Set(query.map(({ stem }) => stem))
  const prefixes = query.filter(({ prefix }) => prefix).map(({ stem }) => stem)
  return (tokens: Tokens) => {
    const byPrefix = new Map<string, Array<Term>>()
    for (const [stem, term] of prefixes.length === 0 ? [] : tokens.stems) {
      if (stems.has(stem)) continue
      const prefix = prefixes.find((each) => stem.startsWith(each))
      if (prefix === undefined) continue
      const known = byPrefix.get(prefix)
      if (known === undefined) byPrefix.set(prefix, [term])
      else known.push(term)
    }
    return ({ stem }: QueryTerm): ReadonlyArray<Term> => {
      const own = tokens.stems.get(stem)
      return [...(own === undefined ? [] : [own]), ...(byPrefix.get(stem) ?? [])]
    }
  }
}

const parse = (passage: Passage, query: ReadonlyArray<QueryTerm>, matcher: ReturnType<typeof matcherOf>): Parsed => {
  const { doc_id, index } = passage
  const tokens = tokensOf(passage)
  const matchesOf = matcher(tokens)
  const occurrences = query.map((term): Occurrences => {
    const [first, ...more] = matchesOf(term)
    if (first === undefined) return absent
    const positions =
      more.length === 0
        ? first.positions
        : [first, ...more].flatMap(({ positions }) => positions).sort((one, other) => one - other)
    let exact = tokens.title.get(term.word) ?? 0
    for (const position of positions) if (tokens.words[position] === term.word) exact++
    return {
      count: more.reduce((sum, { count }) => sum + count, first.count),
      exact,
      positions: positions.length <= MAX_POSITIONS ? positions : positions.slice(0, MAX_POSITIONS)
    }
  })
  return { doc_id, index, tokens, occurrences }
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

/** The score of each passage by its own words and those of its neighbours. */
const relevance = (query: ReadonlyArray<WeightedTerm>, found: ReadonlyArray<Parsed>): ReadonlyArray<number> => {
  const averageLength = found.reduce((sum, { tokens }) => sum + tokens.length, 0) / found.length || 1
  const neighbours = neighboursOf(found)
  return found.map(({ occurrences, tokens }, passage) => {
    const norm = K1 * (1 - B + (B * tokens.length) / averageLength)
    const bm25 = (count: number) => (count === 0 ? 0 : (count * (K1 + 1)) / (count + norm))
    const near = neighbours[passage] ?? []
    let score = 0
    for (const [index, { idf }] of query.entries()) {
      const { count, exact, positions } = occurrences[index] ?? absent
      score += idf * (bm25(count) + EXACT_WEIGHT * bm25(exact))
      if (count === 0) {
        const best = Math.max(0, ...near.map(({ occurrences }) => bm25(occurrences[index]?.count ?? 0)))
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

let rankings = 0

/** A sparse vector: the numbers of a passage's stems, their TF-IDF weights, and its length. */
interface TfIdfVector {
  readonly stems: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
  readonly norm: number
}

/**
 * The TF-IDF vectors of passages, and their cosine similarity. This is most of the work of a ranking: loops over lists of
 * numbers take half the time of maps.
 */
const tfIdfVectors = (found: ReadonlyArray<Parsed>) => {
  const ranking = ++rankings
  const documentFrequencies: Array<number> = []
  for (const { tokens } of found) {
    for (const { stem } of tokens.terms) {
      if (stem.ranking !== ranking) {
        stem.ranking = ranking
        stem.number = documentFrequencies.push(0) - 1
      }
      documentFrequencies[stem.number] = (documentFrequencies[stem.number] ?? 0) + 1
    }
  }
  const idfs = documentFrequencies.map((count) => Math.log(found.length / count))
  const vectors = found.map(({ tokens: { termFrequency, terms } }): TfIdfVector => {
    const stems: Array<number> = []
    const weights: Array<number> = []
    let squares = 0
    for (let index = 0; index < terms.length; index++) {
      const number = terms[index]?.stem.number ?? 0
      const weight = (termFrequency[index] ?? 0) * (idfs[number] ?? 0)
      stems.push(number)
      weights.push(weight)
      squares += weight * weight
    }
    return { stems, weights, norm: Math.sqrt(squares) || 1 }
  })
  /** The cosine similarity of one vector to others: 0 where they share no stem, 1 where they point the same way. */
  const cosineSimilarity = (one: TfIdfVector) => {
    const dense = new Array<number>(documentFrequencies.length).fill(0)
    for (let index = 0; index < one.stems.length; index++) dense[one.stems[index] ?? 0] = one.weights[index] ?? 0
    return ({ norm, stems, weights }: TfIdfVector): number => {
      let sum = 0
      for (let index = 0; index < stems.length; index++) sum += (dense[stems[index] ?? 0] ?? 0) * (weights[index] ?? 0)
      return sum / (one.norm * norm)
    }
  }
  return { vectors, cosineSimilarity }
}

/**
 * Pseudo-relevance feedback: what each passage gains from the best ones of other docs that it resembles, because texts
 * about the same subject answer the same questions.
 */
const relevanceFeedback = (scores: ReadonlyArray<number>, found: ReadonlyArray<Parsed>): ReadonlyArray<number> => {
  const { cosineSimilarity, vectors } = tfIdfVectors(found)
  const best = vectors
    .map((vector, passage) => ({ vector, doc_id: found[passage]?.doc_id, score: scores[passage] ?? 0 }))
    .sort((one, other) => other.score - one.score)
    .slice(0, FEEDBACK_PASSAGES)
    .map(({ vector, ...lead }) => ({ ...lead, similarityTo: cosineSimilarity(vector) }))
  return vectors.map((vector, passage) => {
    let sum = 0
    for (const { doc_id, score, similarityTo } of best) {
      if (doc_id !== found[passage]?.doc_id) sum += score * similarityTo(vector)
    }
    return (FEEDBACK_WEIGHT * sum) / FEEDBACK_PASSAGES
  })
}

/** The candidates of a ranking, and how common the terms of the query are. */
export interface Candidates {
  readonly items: ReadonlyArray<Passage>
  /** The number of passages that were searched. */
  readonly rows: number
  /** How many of them contain each term of the query, in order. */
  readonly documentFrequencies: ReadonlyArray<number>
}

/** A passage and its score: about 1 if it has every word of the query once, 0 if it has none. */
export interface RankedPassage extends Passage {
  readonly score: number
}

/** Ranks passages for a query, best first; of equals, the one that comes first in `items`. */
export const rank = (
  query: ReadonlyArray<QueryTerm>,
  { documentFrequencies, items, rows }: Candidates
): ReadonlyArray<RankedPassage> => {
  if (items.length === 0) return []
  trimVocabulary()
  const idfs = idf(rows, documentFrequencies)
  const weighted = query.map((term, index) => ({ ...term, idf: idfs[index] ?? 0 }))
  const matcher = matcherOf(query)
  const parsed = items.map((item) => parse(item, query, matcher))
  const own = relevance(weighted, parsed)
  const feedback = relevanceFeedback(own, parsed)
  const total = weighted.reduce((sum, { idf }) => sum + idf * (1 + EXACT_WEIGHT), 0) || 1
  return items
    .map((item, passage) => ({ ...item, score: ((own[passage] ?? 0) + (feedback[passage] ?? 0)) / total }))
    .sort((one, other) => other.score - one.score)
}
