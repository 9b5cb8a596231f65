/** The use cases of background jobs, which answer the calls of the manager in `services/Jobs.ts`. */
import * as Effect from "effect/Effect"
import { Storage } from "../../ports/Storage.js"
import { found } from "../Failure.js"
import { jobId } from "./Receipts.js"

/** The status of background jobs. */
export const make = Effect.map(Storage, (storage) => ({
  get: (developer: string, id: string) =>
    Effect.map(found("job", id)(storage.jobs.get(developer, id)), (row) => ({
      id: jobId(row.id),
      name: row.name,
      state: row.state,
      ...(row.reason === null ? {} : { reason: row.reason }),
      has_progress: true,
      progress: row.progress,
      created_at: new Date(row.created_at),
      updated_at: new Date(row.updated_at)
    }))
}))
