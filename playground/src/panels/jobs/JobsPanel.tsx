/** The jobs that this page has started. */
import { Result, useAtomRefresh, useAtomValue } from "@effect-atom/atom-react"
import { Failure } from "../../components/Failure.js"
import { type Started, started, statusOf } from "../../state/jobs.js"
import { Time } from "../parts/Time.js"
import { StateOf } from "./JobState.js"

const Item = ({ id, of }: Started) => {
  const status = statusOf(id)
  const result = useAtomValue(status)
  const refresh = useAtomRefresh(status)
  return (
    <li className="part">
      <div className="part-head">
        <strong>{Result.isSuccess(result) ? result.value.name : "job"}</strong>
        <span className="hint">of {of}</span>
        <span className="end hint">{Result.isSuccess(result) ? <Time at={result.value.created_at} /> : null}</span>
      </div>
      {Result.isSuccess(result) ? <StateOf job={result.value} done="succeeded" /> : null}
      {Result.isFailure(result) ? <Failure cause={result.cause} retry={refresh} /> : null}
    </li>
  )
}

export const JobsPanel = () => {
  const jobs = useAtomValue(started)
  return (
    <div className="panel">
      {jobs.length === 0 ? (
        <p className="empty">
          Nothing yet. Docs that are added here start a job that indexes them, and chats with a user start jobs that
          note memories and write summaries.
        </p>
      ) : (
        <ul className="parts" aria-label="Jobs">
          {jobs.map((job) => (
            <Item key={job.id} {...job} />
          ))}
        </ul>
      )}
    </div>
  )
}
