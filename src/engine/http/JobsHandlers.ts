import * as Effect from "effect/Effect"
import { JobsApi } from "../../schema/api/JobsApi.js"
import { JobStatus } from "../../schema/Job.js"
import { Engine } from "../usecases/Engine.js"
import { answer, whole } from "./respond.js"
import { routes } from "./routes.js"

const one = answer(whole(JobStatus, "reason"))

/** The operations on background jobs. */
export const jobsRoutes = Effect.map(Engine, ({ jobs }) =>
  routes(JobsApi, {
    get: ({ path, request }) => one(request, (dev) => jobs.get(dev, path.job_id))
  })
)
