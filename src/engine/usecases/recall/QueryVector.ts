/** The vectors of questions. Without an embedder there are none. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Embedder, vectorFault } from "../../ports/Embedder.js"
import { ModelError } from "../../ports/Model.js"
import { type Space, Storage, type StorageError } from "../../ports/Storage.js"
import { startOf } from "../../text/Sentences.js"
import * as CircuitBreaker from "./CircuitBreaker.js"
import * as VectorSpace from "./VectorSpace.js"

/** How long the embedding of a question may take, unless the embedder says otherwise. */
const QUERY_TIMEOUT = Duration.seconds(3)
/** How many characters of a question are embedded: models read little more, and some refuse a longer text. */
const MAX_QUERY = 6000

/** The vector of a question, and whether its cosines show what texts mean, or only which words they have. */
export interface QueryVector {
  readonly vector: Float32Array
  readonly semantic: boolean
}

const none = Effect.succeed(undefined)

/** The embedding of questions. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const embedder = yield* Embedder
  const timeout = Option.getOrUndefined(embedder)?.queryTimeout ?? QUERY_TIMEOUT
  const orNone = CircuitBreaker.make(timeout, "Recall uses words alone, because the embedder failed")

  /** The length of the vectors that this embedder returned, where they were those of a space. */
  let proven: number | undefined

  /**
   * The vector of a question. An odd answer is a failure of this request. But an embedder of unknown dimensions that has
   * never returned a vector of the space, and twice returns one of another length, is not the one that made the space: the
   * result is then its vector.
   */
  const vectorOf = Effect.fnUntraced(function* (service: Embedder.Service, space: Space, text: string) {
    const ask = Effect.map(VectorSpace.embed(service, [text]), ([vector]) => vector)
    const first = yield* ask
    const unsure = first?.length !== space.dimensions && service.dimensions === undefined && proven !== space.dimensions
    const vector = unsure ? yield* ask : first
    if (unsure && vector?.length === first?.length) return vector
    const fault = vectorFault(vector, space.dimensions)
    if (fault !== undefined) {
      return yield* new ModelError({ reason: "unavailable", message: `it returned ${fault}` })
    }
    proven = space.dimensions
    return vector
  })

  const inSpace = Effect.fnUntraced(function* (service: Embedder.Service, developer: string, text: string) {
    const space = yield* VectorSpace.spaceOf(storage, developer, service)
    if (Option.isNone(space)) return undefined
    const vector = Option.getOrUndefined(yield* orNone(vectorOf(service, space.value, startOf(text, MAX_QUERY))))
    yield* VectorSpace.fits(space, service.name, vector)
    // An embedder that was not asked counts as those that most have.
    const { semantic = true } = space.value
    return vector === undefined ? undefined : { vector, semantic }
  })

  /**
   * The vector of a question, in the space of the developer's vectors; `undefined` if there are none, or if the embedder
   * fails.
   */
  const embed = (developer: string, text: string): Effect.Effect<QueryVector | undefined, StorageError | ModelError> =>
    Option.isNone(embedder) ? none : inSpace(embedder.value, developer, text)

  return {
    embed,
    /** The same, for several searches, of which the first asks the embedder. */
    embedOnce: (developer: string, text: string) =>
      Option.isNone(embedder) ? Effect.succeed(none) : Effect.cached(embed(developer, text))
  }
})
