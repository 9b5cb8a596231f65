/** Measures of the same searches on one store, or on two, which must find the same. */
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JulepConfigError } from "../../src/index.js"
import { embedder, layer } from "./engine.js"
import type { Found } from "./measures.js"
import type { Stores } from "./store.js"

/** What a search found for a question, and how good that is. */
export interface Scored {
  readonly scores: ReadonlyArray<number>
  readonly found: ReadonlyArray<Found>
}

/** What is found for each question by plain BM25, by the words of the engine, and with the embedder. */
export interface Rankings<A extends Scored> {
  readonly plain: ReadonlyArray<A>
  readonly words: ReadonlyArray<A>
  readonly hybrid: ReadonlyArray<A>
}

/** The rankings of several measures as one. */
export const together = <A extends Scored>(all: ReadonlyArray<Rankings<A>>): Rankings<A> => ({
  plain: all.flatMap(({ plain }) => plain),
  words: all.flatMap(({ words }) => words),
  hybrid: all.flatMap(({ hybrid }) => hybrid)
})

export interface Measured<A extends Scored> {
  readonly stores: Stores
  readonly rankings: Rankings<A>
}

/** Measures on one kind of stores after the other, with engines whose stores are new. */
export const measure = <A extends Scored, E>(
  all: Arr.NonEmptyReadonlyArray<Stores>,
  run: (
    engine: Effect.Effect<ReturnType<typeof layer>, never, Scope.Scope>
  ) => Effect.Effect<Rankings<A>, E, Scope.Scope>
): Effect.Effect<Arr.NonEmptyReadonlyArray<Measured<A>>, E | JulepConfigError> =>
  Effect.forEach(all, (stores) =>
    Effect.gen(function* () {
      const chosen = yield* embedder
      const engine = Effect.map(stores.make, ({ storage }) => layer(storage, stores.hasVectors ? chosen.layer : "none"))
      return { stores, rankings: yield* run(engine) }
    }).pipe(Effect.scoped)
  )
