import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JobAttempt, JobRow, JobState, Storage, StorageError } from "../ports/Storage.js"
import { columnOf, id, nullable, number, object, plain, type Raw, table, text, typed } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { returnsRow, run, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import { columnList } from "./Table.js"
import { urgently } from "./Urgent.js"

const states: ReadonlySet<unknown> = new Set<JobState>([
  "pending",
  "in_progress",
  "retrying",
  "succeeded",
  "aborted",
  "failed"
])
const state = columnOf<JobState>(
  (value) => value,
  typed((value): value is JobState => states.has(value), "a job's state")
)

const finished = (value: JobState): boolean => value === "succeeded" || value === "aborted" || value === "failed"

export const codec = table<JobRow>(
  "jobs",
  {
    id: id("job_id"),
    developer_id: id("developer_id"),
    name: text("name"),
    payload: object("payload"),
    lane: nullable(text("lane")),
    state: state("state"),
    reason: nullable(text("reason")),
    progress: number("progress"),
    attempts: number("attempts"),
    created_at: number("created_at"),
    updated_at: number("updated_at")
  },
  // A new job is due whatever the clock says; a finished one is never due.
  (row) => ({ due_at: finished(row.state) ? null : 0 })
)

/** How long, in milliseconds, a finished job can be read. */
const LIFETIME = Duration.toMillis("24 hours")

/**
 * The table of jobs. `due_at` says when a job may be claimed: at once while it is pending, later while it waits for its
 * next attempt, when its lease runs out while it is in progress, and never (`NULL`) once it is finished.
 */
export const make: Effect.Effect<Storage.Service["jobs"], never, SqlClient.SqlClient | Dialect> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, { isHead, later, now, skipLocked, unlocked, waitForJobs }]) => {
    const all = columnList(sql, codec)
    const atNow = <A, E>(operation: (now: Fragment) => Effect.Effect<A, E>) => Effect.flatMap(now, operation)
    const ofAttempt = (job: JobAttempt) =>
      sql`developer_id = ${job.developer_id} AND job_id = ${job.id} AND attempts = ${job.attempts}`
    /** The oldest due job of each name that waits for no other of its lane. */
    const oldestDue = (names: ReadonlyArray<string>, now: Fragment) =>
      sql.join(
        " UNION ALL ",
        false
      )(
        names.map(
          (name) => sql`SELECT * FROM (
            SELECT seq FROM jobs WHERE name = ${name} AND due_at <= ${now} AND ${isHead}
            ORDER BY seq LIMIT 1 ${skipLocked}) AS oldest`
        )
      )
    /** Writes a change of a job; where it leaves the job finished, deletes what has expired. */
    const write = (change: Effect.Effect<void, StorageError>, state: JobState, expired: Fragment) => {
      if (!finished(state)) return change
      // Processes that delete the same rows in other orders would wait for each other.
      const rows = unlocked("jobs", sql`due_at IS NULL AND updated_at <= ${expired}`)
      return Effect.zipLeft(change, run("jobs.expire", sql`DELETE FROM jobs WHERE ${rows}`))
    }
    return {
      insert: (developer, row) =>
        write(
          failsAs("jobs.insert")(
            later(sql`INSERT INTO jobs ${sql.insert({ ...codec.encode(row), developer_id: developer })}`)
          ),
          row.state,
          sql`${row.updated_at - LIFETIME}`
        ),
      get: (developer, id) =>
        selectOne(
          "jobs.get",
          codec,
          sql<Raw>`SELECT ${all} FROM jobs WHERE developer_id = ${developer} AND job_id = ${id}`
        ),
      waiting: (developer, { lane, name, payload }) =>
        sql<{ readonly job_id: string }>`SELECT job_id FROM jobs
          WHERE due_at IS NOT NULL AND state <> 'in_progress' AND developer_id = ${developer} AND name = ${name}
            AND ${lane === null ? sql`lane IS NULL` : sql`lane = ${lane}`} AND payload = ${JSON.stringify(payload)} LIMIT 1`.pipe(
          failsAs("jobs.waiting"),
          Effect.map((rows) => Option.fromNullable(rows[0]?.job_id))
        ),
      claim: (names, lease) =>
        names.length === 0
          ? Effect.succeedNone
          : atNow((now) =>
              selectOne(
                "jobs.claim",
                codec,
                sql<Raw>`UPDATE jobs
                  SET state = 'in_progress', attempts = attempts + 1, due_at = ${now} + ${lease}, updated_at = ${now}
                  WHERE seq = (SELECT min(seq) FROM (${oldestDue(names, now)}) AS due)
                    AND ${sql.in("name", names)} AND due_at <= ${now}
                  RETURNING ${all}`
              )
            ),
      renew: (job, lease) =>
        atNow((now) =>
          urgently(
            returnsRow(
              "jobs.renew",
              sql<Raw>`UPDATE jobs SET due_at = ${now} + ${lease}
                WHERE ${ofAttempt(job)} AND state = 'in_progress' RETURNING seq`
            )
          )
        ),
      settle: (job, { counted = true, pause = 0, progress, reason, state }) =>
        atNow((now) => {
          // A progress report does not move the lease.
          const due =
            state === "in_progress" ? sql`` : finished(state) ? sql`, due_at = NULL` : sql`, due_at = ${now} + ${pause}`
          const settled = run(
            "jobs.settle",
            sql`UPDATE jobs
              SET state = ${state}, reason = ${plain(reason)}, progress = ${progress}, updated_at = ${now}${due}${
                counted ? sql`` : sql`, attempts = attempts - 1`
              }
              WHERE ${ofAttempt(job)}`
          )
          return write(settled, state, sql`${now} - ${LIFETIME}`)
        }),
      nextDue: (names) =>
        atNow((now) =>
          Effect.map(
            failsAs("jobs.nextDue")(
              sql<{ readonly left: number | null }>`SELECT min(due_at) - ${now} AS left FROM jobs
                WHERE ${sql.in("name", names)} AND due_at IS NOT NULL AND ${isHead}`
            ),
            (rows) => Option.map(Option.fromNullable(rows[0]?.left), (left) => Math.max(0, left))
          )
        ),
      wait: waitForJobs
    }
  }
)

/**
 * Makes all unfinished jobs due in a file that was just opened. The file is locked to this process, so the processes that
 * held leases have ended. A job that waits for its next attempt is tried at once: the start may have changed what it failed
 * for, such as the key of an endpoint.
 */
export const releaseAll = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  run("jobs.releaseAll", sql`UPDATE jobs SET due_at = 0 WHERE due_at > 0`)
)
