/** The manager of background jobs with promises; `services/Jobs.ts` has the one with effects. */
import type { JobStatus } from "./entities.js"
import type { Duration, RequestOptions } from "./Options.js"
import { id as idOf } from "./Plain.js"
import type { Runner } from "./Runner.js"
import type { ItemStream } from "./streams.js"

/** How to wait for a job. */
export interface AwaitOptions {
  /** The longest pause between two polls; the first pauses are shorter. Default: 1 second. */
  readonly interval?: Duration | undefined
  /** How long to wait before rejecting with `TimeoutError`. Default: forever. */
  readonly timeout?: Duration | undefined
}

/**
 * The manager of background jobs.
 *
 * @example
 * ```ts
 * import type { Client } from "effect-julep/promise"
 *
 * const finish = (client: Client, job: string) => client.jobs.await(job, { timeout: "1 minute" })
 * ```
 */
export interface Jobs {
  /** The status of a job. Rejects with `NotFound` if there is none. */
  get(id: string, options?: RequestOptions): Promise<JobStatus>
  /** Waits until a job ends and resolves to its last status: `succeeded`, `failed` or `aborted`. A failed job is not an error. */
  await(id: string, wait?: AwaitOptions, options?: RequestOptions): Promise<JobStatus>
  /** Streams the status now and at each change, until the job ends. */
  watch(id: string, options?: RequestOptions): ItemStream<JobStatus>
}

/** @internal */
export const jobs = (runner: Runner): Jobs => ({
  get: (id, options) => runner.call(({ jobs }) => jobs.get(idOf(id)), options),
  await: (id, wait, options) => runner.call(({ jobs }) => jobs.await(idOf(id), wait), options),
  watch: (id, options) => runner.items(({ jobs }) => jobs.watch(idOf(id)), options)
})
