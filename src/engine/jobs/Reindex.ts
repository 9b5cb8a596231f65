/** The job of reindexing; `layers/Reindex.ts` runs it on a store. */
import * as Effect from "effect/Effect"
import { Storage } from "../ports/Storage.js"
import { JobQueue } from "../usecases/JobQueue.js"
import * as EmbedJobs from "../usecases/recall/EmbedJobs.js"

/**
 * Deletes all vectors and leaves jobs that embed everything of every developer again: one for each doc, which also writes
 * the passages that a failed job left out, for each session, and for the memories of each user. Returns the number of
 * docs. Until then, keyword search still finds them.
 */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const queue = yield* JobQueue
  return Effect.gen(function* () {
    yield* storage.vectors.clear
    const docs = yield* storage.vectors.docs
    for (const { developer, session_id } of yield* storage.turnVectors.sessions) {
      yield* queue.add(developer, EmbedJobs.ofSession(session_id))
    }
    for (const { agent_id, developer, user_id } of yield* storage.memoryVectors.owners) {
      yield* queue.add(developer, EmbedJobs.ofMemories(agent_id, user_id))
    }
    yield* Effect.forEach(
      docs,
      ({ developer, doc_id }) => queue.add(developer, { name: "index_doc", payload: { doc_id, incomplete: true } }),
      { discard: true }
    )
    return docs.length
  }).pipe(storage.transaction)
})
