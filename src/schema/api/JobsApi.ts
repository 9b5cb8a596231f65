import * as Schema from "effect/Schema"
import { JobId, JobStatus } from "../Job.js"
import { get, group } from "./Operation.js"

/** The operations on background jobs. */
export const JobsApi = group("jobs", {
  get: get("/jobs/:job_id", { pathParams: Schema.Struct({ job_id: JobId }), success: JobStatus })
})
