import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ModelError, Relay } from "./Model.js"

/** Turns texts into vectors: an endpoint, or none. Without one, recall finds docs by their words only. */
export class Embedder extends Context.Tag("effect-julep/engine/Embedder")<Embedder, Option.Option<Embedder.Service>>() {
  /** No vectors. */
  static readonly none: Layer.Layer<Embedder> = Layer.succeed(Embedder, Option.none())
}

export declare namespace Embedder {
  /** The operations of an embedder. */
  interface Service {
    /** The model. Its vectors cannot be compared with those of another one. */
    readonly name: string
    /** The length of every vector; `undefined` if it is not configured, and the first response shows it. */
    readonly dimensions: number | undefined
    /** How long the embedding of a question may take; after that, recall goes on with words alone. Default: 3 seconds. */
    readonly queryTimeout?: Duration.Duration
    /** A vector for each text, in order, of length 1. */
    readonly embed: (texts: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Float32Array>, ModelError>
    /** Passes requests to `/v1/embeddings` on to an endpoint with OpenAI's API. Without it, `embed` answers them. */
    readonly relay?: Relay
  }
}

/** What makes a vector useless, or `undefined` for a good one. `dimensions`: the length it must have, where that is known. */
export const vectorFault = (vector: unknown, dimensions: number | undefined): string | undefined => {
  if (!(vector instanceof Float32Array) || vector.length === 0) return "no vector"
  if (dimensions !== undefined && vector.length !== dimensions)
    return `a vector of ${vector.length} numbers, not ${dimensions}`
  if (!vector.every(Number.isFinite)) return "a vector with a value that is not a finite number"
  return vector.every((value) => value === 0) ? "a vector of zeros" : undefined
}

/** What makes an answer for `count` texts useless, or `undefined` for a good one. Its vectors must be of one length. */
export const answerFault = (
  vectors: ReadonlyArray<Float32Array>,
  count: number,
  dimensions: number | undefined
): string | undefined =>
  vectors.length === count
    ? vectors
        .map((vector) => vectorFault(vector, dimensions ?? vectors[0]?.length))
        .find((fault) => fault !== undefined)
    : `${vectors.length} vectors for ${count} texts`
