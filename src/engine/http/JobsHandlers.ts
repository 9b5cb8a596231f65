import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { JobStatus } from "../../schema/Job.js"
import { Engine } from "../usecases/Engine.js"
import { EngineApi } from "./EngineApi.js"
import { answer } from "./respond.js"

const one = answer(Schema.required(JobStatus))

/** The operations on background jobs. */
export const JobsHandlers = HttpApiBuilder.group(EngineApi, "jobs", (handlers) =>
  Effect.map(Engine, ({ jobs }) =>
    handlers.handle("get", ({ path, request }) => one(request, (dev) => jobs.get(dev, path.job_id)))
  )
)
