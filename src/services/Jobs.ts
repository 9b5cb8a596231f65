import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { JobsApi } from "../schema/api/JobsApi.js"
import { type RequestError, TimeoutError } from "../schema/Errors.js"
import { isTerminal, type JobId, type JobStatus } from "../schema/Job.js"
import * as ApiClient from "./ApiClient.js"
import type { JulepConfig } from "./JulepConfig.js"

/**
 * The manager of background jobs.
 *
 * @example
 * ```ts
 * import { type JobId, Jobs } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const finish = (id: JobId) => Effect.flatMap(Jobs, (jobs) => jobs.await(id, { timeout: "1 minute" }))
 * ```
 */
export class Jobs extends Context.Tag("effect-julep/Jobs")<Jobs, Jobs.Service>() {
  /** Jobs alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Jobs, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Jobs,
    Effect.suspend(() => make)
  )
}

export declare namespace Jobs {
  /** How to wait. `interval`: the longest pause between two looks, at least 20 ms (1 second; the first ones are shorter). */
  interface AwaitOptions {
    readonly interval?: Duration.DurationInput | undefined
    /** How long to wait before failing with `TimeoutError`. Default: for ever. */
    readonly timeout?: Duration.DurationInput | undefined
  }

  interface Service {
    /** The status of a job. Fails with `NotFound` where there is none. */
    readonly get: (id: JobId) => Effect.Effect<JobStatus, RequestError>
    /** Waits until a job has ended and gives its last status: `succeeded`, `failed` or `aborted`, which is no error. */
    readonly await: (id: JobId, options?: AwaitOptions) => Effect.Effect<JobStatus, RequestError>
    /** The status now and at each change, until the job has ended. */
    readonly watch: (id: JobId) => Stream.Stream<JobStatus, RequestError>
  }
}

const FIRST_PAUSE = 20
const LONGEST_PAUSE = Duration.seconds(1)

const sameStatus = (a: JobStatus, b: JobStatus) =>
  a.state === b.state && a.progress === b.progress && a.reason === b.reason

/** The manager over the client of its group. */
export const make: Effect.Effect<Jobs.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(function* () {
  const client = yield* ApiClient.group(JobsApi)
  const get = Effect.fn("Julep.jobs.get")((id: JobId) => client.get({ path: { job_id: id } }))

  /** Every look at a job, with doubling pauses between them, until it has ended. */
  const looks = (id: JobId, interval: Duration.DurationInput) =>
    Stream.paginateEffect(0, (pause: number) =>
      Effect.map(Effect.delay(get(id), pause), (status) => {
        const next = Math.min(pause === 0 ? FIRST_PAUSE : pause * 2, Math.max(FIRST_PAUSE, Duration.toMillis(interval)))
        return [status, isTerminal(status) ? Option.none() : Option.some(next)]
      })
    )

  return {
    get,
    await: Effect.fn("Julep.jobs.await")((id: JobId, options: Jobs.AwaitOptions = {}) => {
      const ended = looks(id, options.interval ?? LONGEST_PAUSE).pipe(
        Stream.runLast,
        Effect.flatMap(Option.match({ onNone: () => get(id), onSome: Effect.succeed }))
      )
      return options.timeout === undefined
        ? ended
        : Effect.timeoutFail(ended, {
            duration: options.timeout,
            onTimeout: () => new TimeoutError({ message: `Job ${id} has not ended in time.`, phase: "total" })
          })
    }),
    watch: (id) => Stream.changesWith(looks(id, LONGEST_PAUSE), sameStatus)
  }
})
