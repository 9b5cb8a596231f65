import * as Schema from "effect/Schema"
import { id, listed, nullish, openEnum, reported, Timestamp } from "./Field.js"

/** The id of a background job. */
export const JobId = id("JobId")
export type JobId = typeof JobId.Type

/** The states a job goes through: `pending`, `in_progress`, `retrying`, then `succeeded`, `failed` or `aborted`. */
export const JobState = openEnum("pending", "in_progress", "retrying", "succeeded", "aborted", "failed", "unknown")

/** The status of a background job. `progress` is a percentage, 0 to 100. */
export const JobStatus = Schema.Struct({
  id: JobId,
  /** What the job does. */
  name: Schema.String,
  state: JobState,
  created_at: Timestamp,
  updated_at: nullish(Timestamp),
  /** Why the job failed. */
  reason: nullish(Schema.String, "optional"),
  has_progress: nullish(Schema.Boolean.annotations({ default: false })),
  /** A percentage, 0 to 100. */
  progress: nullish(reported(0, 100, 0))
}).annotations({ identifier: "JobStatus" })
export interface JobStatus extends Schema.Schema.Type<typeof JobStatus> {}

const terminal: ReadonlySet<string> = new Set(["succeeded", "aborted", "failed"])

/** Whether a job has ended: succeeded, failed or aborted. */
export const isTerminal = (job: Pick<JobStatus, "state">): boolean => terminal.has(job.state)

/** The jobs that a request started. */
export const JobIds = listed(JobId)
