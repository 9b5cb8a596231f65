/** The vectors of questions. Without an embedder there are none. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Embedder, vectorFault } from "../../ports/Embedder.js"
import { ModelError } from "../../ports/Model.js"
import { type Space, Storage, type StorageError } from "../../ports/Storage.js"
import { startOf } from "../../text/Sentences.js"
import * as VectorSpace from "./VectorSpace.js"

/** How long the embedding of a question may take, unless the embedder says otherwise. */
const QUERY_TIMEOUT = Duration.seconds(3)
/** How many characters of a question are embedded: models read little more, and some refuse a longer text. */
const MAX_QUERY = 6000

/** The embedding of questions. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const embedder = yield* Embedder

  let failing = false
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

  /** The vector of a question. Where the embedder is down, slow or answers oddly, recall goes on with what words find. */
  const embedQuery = (
    service: Embedder.Service,
    space: Space,
    text: string
  ): Effect.Effect<Float32Array | undefined> => {
    const duration = service.queryTimeout ?? QUERY_TIMEOUT
    const late = () =>
      new ModelError({ reason: "unavailable", message: `it took longer than ${Duration.format(duration)}` })
    return vectorOf(service, space, startOf(text, MAX_QUERY)).pipe(
      Effect.timeoutFail({ duration, onTimeout: late }),
      Effect.map((vector) => {
        failing = false
        return vector
      }),
      Effect.catchAll((error) => {
        const warned = failing
        failing = true
        return Effect.as(
          // One warning until the embedder answers again: a log with one for each turn hides others.
          warned
            ? Effect.void
            : Effect.logWarning(`Recall uses words alone, because the embedder failed: ${error.message}`),
          undefined
        )
      })
    )
  }

  const inSpace = Effect.fnUntraced(function* (service: Embedder.Service, developer: string, text: string) {
    const space = yield* VectorSpace.spaceOf(storage, developer, service)
    if (Option.isNone(space)) return undefined
    const vector = yield* embedQuery(service, space.value, text)
    yield* VectorSpace.fits(space, service.name, vector)
    return vector
  })

  /**
   * The vector of a question, in the space of the developer's vectors; `undefined` if there are none, or if the embedder
   * fails.
   */
  return (developer: string, text: string): Effect.Effect<Float32Array | undefined, StorageError | ModelError> =>
    Option.isNone(embedder) ? Effect.succeed(undefined) : inSpace(embedder.value, developer, text)
})
