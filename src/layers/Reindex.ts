/** Embeds the docs of a store again: a job runner with one kind of job, and no model. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { JobHandlers } from "../engine/jobs/JobHandlers.js"
import { JobRunner } from "../engine/jobs/JobRunner.js"
import * as Reindex from "../engine/jobs/Reindex.js"
import type { Embedder } from "../engine/ports/Embedder.js"
import { Ids } from "../engine/ports/Ids.js"
import type { Storage, StorageError } from "../engine/ports/Storage.js"
import { JobQueue } from "../engine/usecases/JobQueue.js"

/** Queues a job for each doc and runs them to their end, with the attempts of any job. Returns the number of docs. */
export const reindex = <E>(
  storage: Layer.Layer<Storage, E>,
  embedder: Layer.Layer<Embedder, E>
): Effect.Effect<number, E | StorageError> =>
  Effect.gen(function* () {
    const docs = yield* Effect.flatten(Reindex.make)
    yield* Effect.flatMap(JobRunner, ({ finish }) => finish)
    return docs
  }).pipe(
    Effect.provide(
      JobRunner.layer.pipe(
        Layer.provide(JobHandlers.layerIndexing),
        Layer.provideMerge(JobQueue.layer),
        Layer.provideMerge(Layer.mergeAll(storage, Ids.layer)),
        // First, because an embedder that cannot work must not open the store.
        Layer.provideMerge(embedder)
      )
    )
  )
