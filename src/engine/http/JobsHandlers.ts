import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { JobsApi } from "../../schema/api/JobsApi.js"
import { JobStatus } from "../../schema/Job.js"
import { Engine } from "../usecases/Engine.js"
import { answer } from "./respond.js"
import { routes } from "./routes.js"

const one = answer(Schema.required(JobStatus))

/** The operations on background jobs. */
export const jobsRoutes = Effect.map(Engine, ({ jobs }) =>
  routes(JobsApi, {
    get: ({ path, request }) => one(request, (dev) => jobs.get(dev, path.job_id))
  })
)
