/** The state of jobs, in a word and a bar. */
import { Result, useAtomValue } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"
import { isTerminal, type JobId, type JobStatus } from "effect-julep"
import { sentenceOf } from "../../components/Failure.js"
import { statusOf } from "../../state/jobs.js"
import { Meter } from "../parts/Meter.js"

/** The state of a job. `done`: what it is called when it has succeeded. */
export const StateOf = ({ done, job }: { readonly job: JobStatus; readonly done: string }) => {
  const { progress, reason, state } = job
  if (state === "succeeded") return <span className="good">{done}</span>
  if (isTerminal(job)) return <span className="bad">{reason ? `${state}: ${reason}` : state}</span>
  return (
    <span className="running">
      {state.replace("_", " ")} <Meter value={progress ?? 0} of={100} /> {progress ?? 0}%
      {/* A job that is tried again says why. */}
      {reason ? ` (${reason})` : ""}
    </span>
  )
}

const One = ({ done, id }: { readonly id: JobId; readonly done: string }) => {
  const result = useAtomValue(statusOf(id))
  if (Result.isFailure(result)) return <span className="bad">{sentenceOf(Cause.squash(result.cause))}</span>
  return Result.isSuccess(result) ? (
    <StateOf job={result.value} done={done} />
  ) : (
    <span className="running">pending</span>
  )
}

/** The states of jobs. Where there are none, what they would have done is done. */
export const JobState = ({ done, jobs }: { readonly jobs: ReadonlyArray<JobId>; readonly done: string }) =>
  jobs.length === 0 ? <span className="good">{done}</span> : jobs.map((id) => <One key={id} id={id} done={done} />)
