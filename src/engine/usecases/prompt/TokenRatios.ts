/**
 * Corrects the count of tokens by what endpoints report. A tokenizer for another model, or an estimate, may count too few;
 * a prompt that is too long is rejected, so a correction only ever raises a count.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Model, ModelRequest, ModelUsage } from "../../ports/Model.js"
import type { Count } from "../../ports/Tokenizer.js"
import { Bounded } from "../../text/Bounded.js"

/** The replies that a ratio is the median of. */
const REPLIES = 20
/** The greatest ratio: what exceeds it is a mistake of the endpoint. */
const MAX_RATIO = 2
/** The models whose ratios are kept, at most. */
const MAX_MODELS = 1000

/** The tokens that an engine counts for the requests to a model, without correction. */
export type CountRequest = (model: string) => Effect.Effect<(request: ModelRequest) => number>

type Calls = Pick<Model.Service, "complete" | "stream">

/** The ratios of one endpoint, by model. */
export class TokenRatios {
  readonly #reported = new Bounded<string, ReadonlyArray<number>>(MAX_MODELS, () => 1)

  constructor(readonly countOf: CountRequest) {}

  /** The median ratio of reported to counted tokens, from 1 to 2. In steps of 0.1, so that it seldom changes. */
  of(model: string): number {
    const sorted = (this.#reported.get(model) ?? []).toSorted((one, other) => one - other)
    const median = sorted[Math.floor(sorted.length / 2)] ?? 1
    return Math.min(MAX_RATIO, Math.max(1, Math.ceil(median * 10 - 1e-9) / 10))
  }

  /** A count with the correction. */
  correct(model: string, count: Count): Count {
    const ratio = this.of(model)
    return ratio === 1 ? count : (text) => Math.ceil(count(text) * ratio)
  }

  #add(model: string, counted: number, { prompt_tokens }: ModelUsage) {
    if (counted <= 0 || !(prompt_tokens > 0)) return
    const before = this.#reported.get(model) ?? []
    this.#reported.set(model, [...before, prompt_tokens / counted].slice(-REPLIES))
  }

  /** A model whose replies are compared with the count. */
  measuring(model: Calls): Calls {
    return {
      complete: (request) =>
        Effect.zipWith(this.countOf(request.model), model.complete(request), (count, reply) => {
          this.#add(request.model, count(request), reply.usage)
          return reply
        }),
      stream: (request) =>
        Stream.unwrap(
          Effect.map(this.countOf(request.model), (count) =>
            Stream.map(model.stream(request), (event) => {
              if (event._tag === "End") this.#add(request.model, count(request), event.usage)
              return event
            })
          )
        )
    }
  }
}
