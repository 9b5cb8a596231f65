import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JobRow, JobState, Storage } from "../ports/Storage.js"
import {
  type Codec,
  number,
  object,
  one,
  plain,
  plainOrNull,
  type Raw,
  run,
  text,
  textOrNull,
  touched
} from "./Columns.js"
import { failsAs } from "./Failure.js"
import { columns } from "./Table.js"

const states: ReadonlySet<string> = new Set<JobState>([
  "pending",
  "in_progress",
  "retrying",
  "succeeded",
  "aborted",
  "failed"
])
const isState = (value: string): value is JobState => states.has(value)

const state = (raw: Raw): JobState => {
  const value = text(raw, "state")
  if (isState(value)) return value
  throw new Error("state is not a job's state")
}

const finished = (value: JobState): boolean => value === "succeeded" || value === "aborted" || value === "failed"

const codec: Codec<JobRow> = {
  table: "jobs",
  key: "job_id",
  columns: [
    "job_id",
    "developer_id",
    "name",
    "payload",
    "state",
    "reason",
    "progress",
    "attempts",
    "created_at",
    "updated_at"
  ],
  encode: (row) => ({
    job_id: row.id,
    name: plain(row.name),
    payload: JSON.stringify(row.payload),
    state: row.state,
    reason: plainOrNull(row.reason),
    progress: row.progress,
    attempts: row.attempts,
    // A new job is due whatever the clock says; one that nobody will run again is never due.
    due_at: finished(row.state) ? null : 0,
    created_at: row.created_at,
    updated_at: row.updated_at
  }),
  decode: (raw) => ({
    id: text(raw, "job_id"),
    developer_id: text(raw, "developer_id"),
    name: text(raw, "name"),
    payload: object(raw, "payload"),
    state: state(raw),
    reason: textOrNull(raw, "reason"),
    progress: number(raw, "progress"),
    attempts: number(raw, "attempts"),
    created_at: number(raw, "created_at"),
    updated_at: number(raw, "updated_at")
  })
}

/**
 * The table of jobs. `due_at` says when a job may be claimed: at once while it is pending, later while it waits for its
 * next attempt, when its lease runs out while it is in progress, and never (`NULL`) once it is finished.
 */
export const make: Effect.Effect<Storage.Service["jobs"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => {
    const all = columns(sql, codec.columns)
    return {
      insert: (developer, row) =>
        run("jobs.insert", sql`INSERT INTO jobs ${sql.insert({ ...codec.encode(row), developer_id: developer })}`),
      get: (developer, id) =>
        one("jobs.get", codec, sql<Raw>`SELECT ${all} FROM jobs WHERE developer_id = ${developer} AND job_id = ${id}`),
      unfinished: (developer, { name, payload }) =>
        sql<{ readonly job_id: string }>`SELECT job_id FROM jobs
          WHERE due_at IS NOT NULL AND developer_id = ${developer} AND name = ${name}
            AND payload = ${JSON.stringify(payload)} LIMIT 1`.pipe(
          failsAs("jobs.unfinished"),
          Effect.map((rows) => Option.fromNullable(rows[0]?.job_id))
        ),
      claim: (names, now, lease_until) =>
        one(
          "jobs.claim",
          codec,
          sql<Raw>`UPDATE jobs
            SET state = 'in_progress', attempts = attempts + 1, due_at = ${lease_until}, updated_at = ${now}
            WHERE seq = (SELECT seq FROM jobs WHERE due_at <= ${now} AND ${sql.in("name", names)} ORDER BY seq LIMIT 1) RETURNING ${all}`
        ),
      renew: (job, lease_until) =>
        touched(
          "jobs.renew",
          sql<Raw>`UPDATE jobs SET due_at = ${lease_until}
            WHERE developer_id = ${job.developer_id} AND job_id = ${job.id} AND attempts = ${job.attempts}
              AND state = 'in_progress' RETURNING seq`
        ),
      settle: (job, { not_before, progress, reason, state, updated_at }) => {
        const due_at = finished(state) ? null : (not_before ?? 0)
        const outcome = { state, reason: plain(reason), progress, updated_at }
        // A report of progress leaves the lease as it is.
        const change = state === "in_progress" ? outcome : { ...outcome, due_at }
        return run(
          "jobs.settle",
          sql`UPDATE jobs SET ${sql.update(change)}
            WHERE developer_id = ${job.developer_id} AND job_id = ${job.id} AND attempts = ${job.attempts}`
        )
      },
      nextDue: (names) =>
        sql<{ readonly due_at: number | null }>`SELECT min(due_at) AS due_at FROM jobs
          WHERE due_at IS NOT NULL AND ${sql.in("name", names)}`.pipe(
          failsAs("jobs.nextDue"),
          Effect.map((rows) => Option.fromNullable(rows[0]?.due_at))
        )
    }
  }
)

/**
 * Lets go of the leases of a file that was just opened: it is locked to this process, so whoever held them is gone, and
 * their jobs need not wait for the end of a lease.
 */
export const releaseAll = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  run("jobs.releaseAll", sql`UPDATE jobs SET due_at = 0 WHERE due_at IS NOT NULL AND state = 'in_progress'`)
)
