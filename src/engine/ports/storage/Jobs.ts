import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { JobRow, JobState } from "../Rows.js"
import type { Result } from "./Table.js"

/** An attempt at a job. */
export type JobAttempt = Pick<JobRow, "id" | "developer_id" | "attempts">

/** How an attempt at a job went. */
export interface JobOutcome extends Pick<JobRow, "progress"> {
  readonly state: JobState
  readonly reason: string
  /** The milliseconds after which a job that is `retrying` is due again. Default: 0. */
  readonly pause?: number | undefined
  /** `false`: the attempt does not count. Default: true. */
  readonly counted?: boolean | undefined
}

/**
 * The queue of background jobs, which all processes that use the store share. Its clock is that of the store: times are
 * given, and returned, as milliseconds from now.
 */
export interface Jobs {
  /**
   * Writes a job; in a transaction, at the latest with its commit. A job that is finished is deleted with its session, or after
   * a day, when another one is finished.
   */
  readonly insert: (developer: string, row: JobRow) => Result<void>
  readonly get: (developer: string, id: string) => Result<Option.Option<JobRow>>
  /** The job of the same lane, name and payload that waits for its first or next attempt, if there is one. */
  readonly waiting: (
    developer: string,
    work: Pick<JobRow, "lane" | "name" | "payload">
  ) => Result<Option.Option<string>>
  /**
   * Takes the oldest job with one of these names, of any developer, that is due (pending, retrying after its pause, or in
   * progress with its lease run out), marks it in progress for the length of a lease, and counts the attempt. A job waits for
   * all jobs that were inserted before it in its lane.
   */
  readonly claim: (names: ReadonlyArray<string>, lease: number) => Result<Option.Option<JobRow>>
  /** Makes a lease end this long from now; false, and nothing changed, where another attempt has begun since. */
  readonly renew: (job: JobAttempt, lease: number) => Result<boolean>
  /** Writes how an attempt went, unless another attempt has begun since. */
  readonly settle: (job: JobAttempt, outcome: JobOutcome) => Result<void>
  /** How long until the next job with one of these names falls due, if any is unfinished that waits for no other. */
  readonly nextDue: (names: ReadonlyArray<string>) => Result<Option.Option<number>>
  /** Waits until another process may have left a job: about a second. `undefined` where there is no other process. */
  readonly wait: Effect.Effect<void> | undefined
}
