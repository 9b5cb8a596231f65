/** The responses to creates, updates and deletes. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { JobId } from "../../../schema/Job.js"

/** Ids in the store are known to be ids. */
export const jobId = Brand.nominal<JobId>()

/** A created resource: its id, when, and the jobs that it caused. */
export const created = <Id>(id: Id, at: number, jobs: ReadonlyArray<string> = []) => ({
  id,
  created_at: new Date(at),
  jobs: jobs.map((job) => jobId(job))
})

/** An updated resource. */
export const updated = <Id>(id: Id, at: number) => ({ id, updated_at: new Date(at), jobs: [] })

/** A resource that was deleted now. */
export const deleted = <Id>(id: Id) =>
  Effect.map(Clock.currentTimeMillis, (at) => ({ id, deleted_at: new Date(at), jobs: [] }))
