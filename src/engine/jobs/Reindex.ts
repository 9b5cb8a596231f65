/** The job of reindexing; `layers/Reindex.ts` runs it on a store. */
import * as Effect from "effect/Effect"
import { Storage } from "../ports/Storage.js"
import { JobQueue } from "../usecases/JobQueue.js"

/**
 * Deletes all vectors and leaves a job for each doc of every developer, which embeds it again, and writes the passages that
 * a failed job left out; returns the number of docs. Until then, keyword search still finds them.
 */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const queue = yield* JobQueue
  return Effect.gen(function* () {
    yield* storage.vectors.clear
    const docs = yield* storage.vectors.docs
    yield* Effect.forEach(
      docs,
      ({ developer, doc_id }) => queue.add(developer, { name: "index_doc", payload: { doc_id, incomplete: true } }),
      { discard: true }
    )
    return docs.length
  }).pipe(storage.transaction)
})
