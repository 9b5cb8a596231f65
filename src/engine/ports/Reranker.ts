import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ModelError } from "./Model.js"

/**
 * Reads a question together with each of the passages that recall found, and judges which answer it best: more exact than
 * a search, and slower. Default: none, and the order is that of the search.
 */
export class Reranker extends Context.Reference<Reranker>()("effect-julep/engine/Reranker", {
  defaultValue: (): Option.Option<Reranker.Service> => Option.none()
}) {}

export declare namespace Reranker {
  /** The operations of a reranker. */
  interface Service {
    /** The greatest time that a search waits for it; after that, the order is that of the search. Default: 3 seconds. */
    readonly timeout?: Duration.Duration
    /** How well each text answers the query, in the order of the texts: finite numbers, the greater the better. */
    readonly score: (query: string, texts: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<number>, ModelError>
  }
}
