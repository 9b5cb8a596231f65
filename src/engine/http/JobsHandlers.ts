import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { JobsApi } from "../../schema/api/JobsApi.js"
import { JobStatus } from "../../schema/Job.js"
import { Engine } from "../usecases/Engine.js"
import { answer } from "./respond.js"
import { routes } from "./routes.js"

// A job without a reason has no such member: the specification has no null for it.
const one = answer(Schema.extend(Schema.required(JobStatus.omit("reason")), JobStatus.pick("reason")))

/** The operations on background jobs. */
export const jobsRoutes = Effect.map(Engine, ({ jobs }) =>
  routes(JobsApi, {
    get: ({ path, request }) => one(request, (dev) => jobs.get(dev, path.job_id))
  })
)
