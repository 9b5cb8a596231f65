/** Search by meaning, with the vector of a question. Without an embedder it finds nothing. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JsonObject } from "../../../schema/Field.js"
import { Embedder } from "../../ports/Embedder.js"
import { ModelError } from "../../ports/Model.js"
import { type Owner, Storage, type StorageError } from "../../ports/Storage.js"
import * as VectorSpace from "./VectorSpace.js"

/** The greatest cosine distance of a passage that is about the same as a query; the value of v0.3. */
const MAX_DISTANCE = 0.6
/** How long the embedding of a question may take, unless the embedder says otherwise. */
const QUERY_TIMEOUT = Duration.seconds(3)
/** How many of the nearest neighbours are fused with what words find. */
const MAX_NEIGHBOURS = 50

/** The search for the passages that are nearest to a question. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const embedder = yield* Embedder

  let failing = false

  /** The vector of a question. Where the embedder is down or slow, recall goes on with what words find. */
  const embedQuery = (service: Embedder.Service, text: string): Effect.Effect<Float32Array | undefined> => {
    const duration = service.queryTimeout ?? QUERY_TIMEOUT
    const late = () =>
      new ModelError({ reason: "unavailable", message: `it took longer than ${Duration.format(duration)}` })
    return service.embed([text]).pipe(
      Effect.timeoutFail({ duration, onTimeout: late }),
      Effect.map(([vector]) => {
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

  const findNeighbours = Effect.fnUntraced(function* (
    service: Embedder.Service,
    developer: string,
    owners: ReadonlyArray<Owner>,
    text: string,
    filter: JsonObject | undefined
  ) {
    const space = yield* VectorSpace.spaceOf(storage, developer, service)
    if (Option.isNone(space)) return []
    const vector = yield* embedQuery(service, text)
    if (vector === undefined) return []
    yield* VectorSpace.fits(space, service.name, vector)
    return yield* storage.vectors.nearestNeighbours(developer, owners, vector, MAX_DISTANCE, MAX_NEIGHBOURS, filter)
  })

  return {
    /** The passages nearest to a text, of docs that a metadata filter matches, nearest first; `score` is the cosine similarity. */
    nearestNeighbours: (
      developer: string,
      owners: ReadonlyArray<Owner>,
      text: string,
      filter?: JsonObject
    ): Effect.Effect<ReadonlyArray<{ readonly rowId: number; readonly score: number }>, StorageError | ModelError> =>
      Option.isNone(embedder) ? Effect.succeed([]) : findNeighbours(embedder.value, developer, owners, text, filter)
  }
})
