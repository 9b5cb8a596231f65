/** Embeds the docs of a store again: a job runner with one kind of job, and no model. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { JobHandlers } from "../engine/jobs/JobHandlers.js"
import { JobRunner } from "../engine/jobs/JobRunner.js"
import * as Reindex from "../engine/jobs/Reindex.js"
import { Embedder } from "../engine/ports/Embedder.js"
import { Ids } from "../engine/ports/Ids.js"
import type { Storage, StorageError } from "../engine/ports/Storage.js"
import { JobQueue } from "../engine/usecases/JobQueue.js"

/** Is called after each doc, with how many are done of how many. Their number is not known at first. */
export type OnProgress = (done: number, total: number | undefined) => Effect.Effect<void>

/**
 * Queues a job for each doc and runs them to their end, with the attempts of any job. Returns the number of docs. Those that
 * fail are not progress.
 */
export const reindex = <E>(
  storage: Layer.Layer<Storage, E>,
  embedder: Layer.Layer<Embedder, E>,
  onProgress: OnProgress = () => Effect.void
): Effect.Effect<number, E | StorageError> =>
  Effect.suspend(() => {
    let done = 0
    let total: number | undefined
    const counting = Effect.map(
      JobHandlers,
      ({ index_doc, ...others }): JobHandlers.Service =>
        index_doc === undefined
          ? others
          : {
              ...others,
              index_doc: (job, report) =>
                Effect.tap(
                  index_doc(job, report),
                  Effect.suspend(() => onProgress(++done, total))
                )
            }
    )
    return Effect.gen(function* () {
      total = yield* Effect.flatten(Reindex.make)
      yield* onProgress(done, total)
      yield* Effect.flatMap(JobRunner, ({ finish }) => finish)
      return total
    }).pipe(
      Effect.provide(
        // A command should not wait for hours for an embedder that is down.
        Layer.unwrapEffect(
          Effect.map(Embedder, (embedder) => JobRunner.layerWith({ embeds: Option.isSome(embedder), waits: false }))
        ).pipe(
          Layer.provide(Layer.effect(JobHandlers, counting)),
          Layer.provide(JobHandlers.layerIndexing),
          Layer.provideMerge(JobQueue.layer),
          Layer.provideMerge(Layer.mergeAll(storage, Ids.layer)),
          // First, because an embedder that cannot work must not open the store.
          Layer.provideMerge(embedder)
        )
      )
    )
  })
