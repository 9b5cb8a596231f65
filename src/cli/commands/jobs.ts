import * as Args from "@effect/cli/Args"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { JobId, JobStatus } from "../../schema/Job.js"
import { apiCommand } from "../api.js"
import { group } from "../command.js"
import { CommandFailed } from "../exitCodes.js"
import { idArgument } from "../names.js"
import { print, printJson, printValue } from "../output.js"
import { record, sanitizeForTerminal } from "../table.js"

// The argument is a UUID.
const job = idArgument("job").pipe(Args.map((id) => id as JobId))

const get = apiCommand({
  description: "Shows the status of a background job.",
  example: "effect-julep jobs get 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70",
  config: { job },
  run: ({ jobs }, { job, json }) => Effect.flatMap(jobs.get(job), (status) => printValue({ json }, status, record))
})

const line = ({ has_progress, name, progress, state }: JobStatus): string =>
  `${sanitizeForTerminal(name)}: ${state}${has_progress === true && state !== "succeeded" ? `, ${progress}%` : ""}`

/** Fails if a job did not succeed, so that a script stops. */
const checkSucceeded = ({ id, reason, state }: JobStatus) =>
  state === "failed" || state === "aborted"
    ? Effect.fail(
        new CommandFailed({ message: `Job ${id} ${state}${reason ? `: ${sanitizeForTerminal(reason)}` : ""}.` })
      )
    : Effect.void

const watch = apiCommand({
  description:
    "Prints the status of a background job now and at each change, until the job ends. Exits with 1 if it fails.",
  example: "effect-julep jobs watch 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70",
  config: { job },
  run: ({ jobs }, { job, json }) =>
    jobs.watch(job).pipe(
      Stream.tap((status) => (json ? printJson(status) : print(line(status)))),
      Stream.runForEach(checkSucceeded)
    )
})

export const command = group({ get, watch })
