/** Puts the passages that a search found into the order of a reranker, if there is one. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import { ModelError } from "../../ports/Model.js"
import { Reranker } from "../../ports/Reranker.js"
import { startOf } from "../../text/Sentences.js"
import * as CircuitBreaker from "./CircuitBreaker.js"
import { titledText } from "./EmbedTexts.js"
import type { RankedPassage } from "./Rank.js"

/** How many of the best passages are reranked. Text Embeddings Inference refuses more at once by default. */
export const MAX_PASSAGES = 32
/** How many characters of a question are read with each passage. */
const MAX_QUERY = 6000
/** How long a search waits, unless the reranker says otherwise. */
const TIMEOUT = Duration.seconds(3)

type Passages = ReadonlyArray<RankedPassage>

/** The passages in another order. The scores stay where they are: they keep the scale of the search. */
const reorder = (passages: Passages, scores: ReadonlyArray<number>): Passages => {
  const best = Array.from(scores.keys()).sort(
    Order.reverse(Order.mapInput(Order.number, (index: number) => scores[index] ?? 0))
  )
  return passages.map((passage, place) => ({ ...(passages[best[place] ?? place] ?? passage), score: passage.score }))
}

/** The order of passages for a question. Where the reranker fails, is slow or answers oddly, it is that of the search. */
export const make: Effect.Effect<(question: string, passages: Passages) => Effect.Effect<Passages>> = Effect.map(
  Reranker,
  Option.match({
    onNone: () => (_question, passages) => Effect.succeed(passages),
    onSome: ({ score, timeout = TIMEOUT }) => {
      const orNone = CircuitBreaker.make(timeout, "Recall keeps the order of the search, because the reranker failed")
      const odd = () =>
        new ModelError({ reason: "unavailable", message: "it did not return a finite number for each passage" })
      return (question, passages) => {
        const best = passages.slice(0, MAX_PASSAGES)
        if (best.length < 2) return Effect.succeed(passages)
        return Effect.suspend(() => score(startOf(question, MAX_QUERY), best.map(titledText))).pipe(
          Effect.filterOrFail((scores) => scores.length === best.length && scores.every(Number.isFinite), odd),
          orNone,
          Effect.map(
            Option.match({
              onNone: () => passages,
              onSome: (scores) => [...reorder(best, scores), ...passages.slice(MAX_PASSAGES)]
            })
          )
        )
      }
    }
  })
)
