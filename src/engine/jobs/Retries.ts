/** How an attempt at a job ends, and when one that failed is repeated. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { JobRow } from "../ports/Storage.js"

export const MAX_ATTEMPTS = 5
/** A model that answers costs money, and one that cannot answer in the form asked for rarely learns to. */
const MAX_ATTEMPTS_UNUSABLE = 2
/**
 * How long, in milliseconds, an embedder may fail, from the creation of a job or from the start of the runner, until the job
 * asks it once a day only.
 */
const FAST_RETRY_PERIOD = Duration.toMillis("1 day")

/**
 * How long, in milliseconds, a job waits before its second attempt. Each further wait is twice as long: 1, 2, 4 and 8 seconds
 * by default. Tests over real time shorten it.
 */
export class RetryDelay extends Context.Reference<RetryDelay>()("effect-julep/engine/RetryDelay", {
  defaultValue: () => 1000
}) {}

/** How an attempt ended. */
export interface Outcome {
  readonly state: "succeeded" | "retrying" | "failed"
  readonly reason: string
  /** The milliseconds until the next attempt. */
  readonly pause?: number
  /** `false` for an attempt that does not count: the job had no part in how it ended. */
  readonly counted?: boolean
}

/** The end of an attempt that failed. */
interface Failed {
  readonly _tag: string
  readonly message: string
  /** The seconds after which an endpoint wants to be asked again. */
  readonly retryAfter?: number | undefined
}

/**
 * The outcome of an attempt that failed. A failure may be temporary, so it is retried; a defect is not. `waits`: whether an
 * embedder that fails is waited for, whatever the number of attempts. `startedAt`: when the runner started. `first`: see
 * {@link RetryDelay}.
 */
export const afterFailure =
  (waits: boolean, startedAt: number, first: number) =>
  (job: JobRow, now: number, cause: Cause.Cause<Failed>): Outcome =>
    Option.match(Cause.failureOption(cause), {
      onNone: () => ({
        state: "failed",
        reason: "The job failed because of a bug in the engine. The log has the details."
      }),
      onSome: ({ _tag, message: reason, retryAfter = 0 }) => {
        const pause = Math.max(first * 2 ** (job.attempts - 1), retryAfter * 1000)
        if (_tag === "EmbedderUnavailable" && waits) {
          const isEarly = now - Math.max(startedAt, job.created_at) < FAST_RETRY_PERIOD
          return {
            state: "retrying",
            reason,
            pause: isEarly ? pause : Math.max(pause, FAST_RETRY_PERIOD),
            counted: false
          }
        }
        return job.attempts < (_tag === "UnusableReply" ? MAX_ATTEMPTS_UNUSABLE : MAX_ATTEMPTS)
          ? { state: "retrying", reason, pause }
          : { state: "failed", reason }
      }
    })
