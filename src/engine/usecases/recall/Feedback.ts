/** Pseudo-relevance feedback: passages that resemble the best ones gain. The weights are of {@link ./Rank.js}. */
import type { TermVector } from "./TermVectors.js"
import { vocabulary } from "./Vocabulary.js"

/** The weight of resemblance to the best passages. */
const FEEDBACK_WEIGHT = 2
/** How many of the best passages the others are compared with. */
const FEEDBACK_PASSAGES = 4

/** A passage as its terms describe it. */
interface Described {
  readonly doc_id: string
  readonly tokens: TermVector
}

/** The logarithms of small counts, which almost all are. */
const logarithms = Float64Array.from({ length: 64 }, (_, count) => Math.log(count))
const log = (count: number): number => logarithms[count] ?? Math.log(count)

/** A number for each stem of the vocabulary: how many passages have it. All are 0 but while passages are described. */
let documentFrequencies = new Int32Array(1024)
/** The same of the passage that others are compared with: its weights. */
let weightsOfOne = new Float64Array(1024)

/** Makes room for every stem. Lists of numbers by stem take a third of the time of maps. */
const reserve = (size: number): void => {
  if (size <= documentFrequencies.length) return
  documentFrequencies = new Int32Array(2 * size)
  weightsOfOne = new Float64Array(2 * size)
}

/** The TF-IDF weights of all stems of all passages, one passage after the other, where each begins, and its norm. */
const tfIdf = (found: ReadonlyArray<Described>) => {
  const starts = new Int32Array(found.length + 1)
  for (const [passage, { tokens }] of found.entries()) {
    starts[passage + 1] = (starts[passage] ?? 0) + tokens.stems.length
    for (const stem of tokens.stems) documentFrequencies[stem] = (documentFrequencies[stem] ?? 0) + 1
  }
  const idfs = Float64Array.from({ length: found.length + 1 }, (_, count) => Math.log(found.length / count))
  const weights = new Float64Array(starts[found.length] ?? 0)
  const norms = new Float64Array(found.length)
  let at = 0
  for (const [passage, { tokens }] of found.entries()) {
    const { counts, stems } = tokens
    let squares = 0
    for (let index = 0; index < stems.length; index++) {
      const weight = (1 + log(counts[index] ?? 1)) * (idfs[documentFrequencies[stems[index] ?? 0] ?? 0] ?? 0)
      weights[at++] = weight
      squares += weight * weight
    }
    norms[passage] = Math.sqrt(squares) || 1
  }
  for (const { tokens } of found) for (const stem of tokens.stems) documentFrequencies[stem] = 0
  return { starts, weights, norms }
}

/** The cosine similarity of a passage to each: 0 where they share no stem, 1 where their vectors point the same way. */
const cosineSimilarity = (found: ReadonlyArray<Described>) => {
  reserve(vocabulary().size)
  const { norms, starts, weights } = tfIdf(found)
  const stemsOf = (passage: number): ReadonlyArray<number> => found[passage]?.tokens.stems ?? []
  return (one: number): Float64Array => {
    const ownStems = stemsOf(one)
    const start = starts[one] ?? 0
    for (let index = 0; index < ownStems.length; index++)
      weightsOfOne[ownStems[index] ?? 0] = weights[start + index] ?? 0
    const similarities = norms.map((norm, passage) => {
      const stems = stemsOf(passage)
      const start = starts[passage] ?? 0
      let sum = 0
      for (let index = 0; index < stems.length; index++)
        sum += (weightsOfOne[stems[index] ?? 0] ?? 0) * (weights[start + index] ?? 0)
      return sum / ((norms[one] ?? 1) * norm)
    })
    for (const stem of ownStems) weightsOfOne[stem] = 0
    return similarities
  }
}

/**
 * What each passage gains from the best ones of other docs that it resembles, because texts about the same subject answer
 * the same questions.
 */
export const relevanceFeedback = (
  scores: ReadonlyArray<number>,
  found: ReadonlyArray<Described>
): ReadonlyArray<number> => {
  const similaritiesTo = cosineSimilarity(found)
  const best = found
    .map(({ doc_id }, passage) => ({ passage, doc_id, score: scores[passage] ?? 0 }))
    .sort((one, other) => other.score - one.score)
    .slice(0, FEEDBACK_PASSAGES)
    .map(({ doc_id, passage, score }) => ({ doc_id, score, similarities: similaritiesTo(passage) }))
  return found.map(({ doc_id }, passage) => {
    let sum = 0
    for (const lead of best) if (lead.doc_id !== doc_id) sum += lead.score * (lead.similarities[passage] ?? 0)
    return (FEEDBACK_WEIGHT * sum) / FEEDBACK_PASSAGES
  })
}
