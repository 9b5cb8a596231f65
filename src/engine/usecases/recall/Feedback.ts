/** Pseudo-relevance feedback: passages that resemble the best ones gain. The weights are of {@link ./Rank.js}. */
import type { Tokens } from "./Terms.js"

/** The weight of resemblance to the best passages. */
const FEEDBACK_WEIGHT = 2
/** How many of the best passages the others are compared with. */
const FEEDBACK_PASSAGES = 4

/** A passage as its terms describe it. */
interface Described {
  readonly doc_id: string
  readonly tokens: Tokens
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
const tfIdfVectors = (found: ReadonlyArray<Described>) => {
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
 * What each passage gains from the best ones of other docs that it resembles, because texts about the same subject answer
 * the same questions.
 */
export const relevanceFeedback = (
  scores: ReadonlyArray<number>,
  found: ReadonlyArray<Described>
): ReadonlyArray<number> => {
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
