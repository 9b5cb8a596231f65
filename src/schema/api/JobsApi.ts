import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Schema from "effect/Schema"
import { JobId, JobStatus } from "../Job.js"

/** The operations on background jobs. */
export const JobsApi = HttpApiGroup.make("jobs").add(
  HttpApiEndpoint.get("get", "/jobs/:job_id")
    .setPath(Schema.Struct({ job_id: JobId }))
    .addSuccess(JobStatus)
)
