/** Whether an embedder knows what texts mean, or only which words they have: it is asked for paraphrases without common words. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { EmbedQueue } from "./EmbedQueue.js"

/** Each two of these texts mean the same, and have no word and no stem in common. They are in plain, everyday English. */
const PAIRS = [
  ["The doctor cured her illness", "A physician healed that disease"],
  ["Cars need fuel", "Automobiles run on petrol"],
  ["My kids adore puppies", "Children love young dogs"],
  ["He purchased an inexpensive house", "They bought one cheap home"],
  ["It rained heavily all night", "A storm poured until dawn"],
  ["The boss fired two workers", "A manager dismissed several employees"],
  ["Ships cross the ocean", "Boats sail over seas"],
  ["Where can I get a meal?", "Which restaurant serves food here?"],
  ["The film was boring", "What a dull movie"],
  ["Please shut the window", "Can you close that glass pane?"],
  ["She is very angry", "Her rage was enormous"],
  ["Thieves robbed the bank", "Criminals stole money from a vault"]
] as const

/** The texts to embed. A text's paraphrase is the one after or before it. */
export const TEXTS: ReadonlyArray<string> = PAIRS.flat()

/** The share of the texts whose paraphrase must be nearer than every other text. Chance finds 1 of 23. */
const ENOUGH = 1 / 2
/** Rounding changes a cosine by less. */
const EQUAL = 1e-6

const cosine = (one: Float32Array, other: Float32Array): number => {
  let [product, square, otherSquare] = [0, 0, 0]
  for (const [index, value] of one.entries()) {
    const beside = other[index] ?? 0
    product += value * beside
    square += value * value
    otherSquare += beside * beside
  }
  return product / Math.sqrt(square * otherSquare)
}

/**
 * Whether the vectors of {@link TEXTS} show that paraphrases are near each other. The order of cosines decides, because their
 * size differs from model to model. `undefined` if all vectors are the same, which shows nothing.
 */
export const areNear = (vectors: ReadonlyArray<Float32Array>): boolean | undefined => {
  let found = 0
  let differ = false
  for (const [index, vector] of vectors.entries()) {
    const paraphrase = index ^ 1
    const cosines = vectors.map((other) => cosine(vector, other))
    const others = cosines.filter((_, other) => other !== index && other !== paraphrase)
    if ((cosines[paraphrase] ?? 0) > Math.max(...others) + EQUAL) found++
    if (Math.min(...cosines) < 1 - EQUAL) differ = true
  }
  return differ ? found >= ENOUGH * vectors.length : undefined
}

/**
 * Asks an embedder, once, whether it is semantic. `undefined` if its vectors do not show it, or it refuses some of the texts, or
 * it fails: only then it is asked again.
 */
export const makeProbe = (queue: Pick<EmbedQueue, "embed">): Effect.Effect<Effect.Effect<boolean | undefined>> =>
  Effect.map(Effect.makeSemaphore(1), (lock) => {
    let asked = Option.none<boolean | undefined>()
    const ask = Effect.map(queue.embed("said", TEXTS), (made) => {
      const vectors = made.flatMap(({ refusal, vector }) => (refusal === undefined && vector ? [vector] : []))
      const semantic = vectors.length === TEXTS.length ? areNear(vectors) : undefined
      asked = Option.some(semantic)
      return semantic
    })
    return lock.withPermits(1)(
      Effect.suspend(() => Option.match(asked, { onNone: () => ask, onSome: Effect.succeed })).pipe(
        Effect.catchTag("EmbedderUnavailable", () => Effect.succeed(undefined))
      )
    )
  })
