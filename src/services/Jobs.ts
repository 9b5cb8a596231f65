/** The manager of background jobs with effects; `promise/Jobs.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { JobsApi } from "../schema/api/JobsApi.js"
import { type GetError, notSent, TimeoutError } from "../schema/Errors.js"
import { isTerminal, type JobId, type JobStatus } from "../schema/Job.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import { withDeadline } from "../transport/deadline.js"
import * as ApiClient from "./ApiClient.js"
import { toGetError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { method } from "./method.js"

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
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Jobs, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Jobs,
    Effect.suspend(() => make)
  )
}

export declare namespace Jobs {
  /** How to wait for a job. */
  interface AwaitOptions {
    /** The longest pause between two polls, at least 20 ms; the first pauses are shorter. Default: 1 second. */
    readonly interval?: Duration.DurationInput | undefined
    /** How long to wait before failing with `TimeoutError`. Default: forever. */
    readonly timeout?: Duration.DurationInput | undefined
  }

  /** The operations on background jobs. */
  interface Service {
    /** The status of a job. Fails with `NotFound` if there is none. */
    readonly get: (id: JobId) => Effect.Effect<JobStatus, GetError>
    /** Waits until a job ends and returns its last status: `succeeded`, `failed` or `aborted`. A failed job is not an error. */
    readonly await: (id: JobId, options?: AwaitOptions) => Effect.Effect<JobStatus, GetError>
    /** Streams the status now and at each change, until the job ends. */
    readonly watch: (id: JobId) => Stream.Stream<JobStatus, GetError>
  }
}

const AWAIT_OPTIONS: OptionNames<Jobs.AwaitOptions> = { interval: true, timeout: true }

const FIRST_PAUSE = 20
const LONGEST_PAUSE = Duration.seconds(1)

const sameStatus = (a: JobStatus, b: JobStatus) =>
  a.state === b.state && a.progress === b.progress && a.reason === b.reason

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Jobs.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(function* () {
  const client = yield* ApiClient.group(JobsApi, { get: toGetError })
  const get = method("Julep.jobs.get")((id: JobId) => client.get({ path: { job_id: id } }))

  /** Polls a job with doubling pauses until it ends. */
  const polls = (id: JobId, interval: Duration.DurationInput) =>
    Stream.paginateEffect(0, (pause: number) =>
      Effect.map(Effect.delay(get(id), pause), (status) => {
        const next = Math.min(pause === 0 ? FIRST_PAUSE : pause * 2, Math.max(FIRST_PAUSE, Duration.toMillis(interval)))
        return [status, isTerminal(status) ? Option.none() : Option.some(next)]
      })
    )

  return {
    get,
    await: method("Julep.jobs.await")((id: JobId, options: Jobs.AwaitOptions = {}) => {
      const unknown = unknownOption("jobs.await", options, AWAIT_OPTIONS)
      if (unknown !== undefined) return Effect.fail(notSent(unknown.name, unknown.message))
      const ended = polls(id, options.interval ?? LONGEST_PAUSE).pipe(
        Stream.runLast,
        Effect.flatMap(Option.match({ onNone: () => get(id), onSome: Effect.succeed }))
      )
      const { timeout } = options
      return timeout === undefined
        ? ended
        : withDeadline(
            ended,
            Duration.decode(timeout),
            () =>
              new TimeoutError({ message: `Job ${id} did not end within ${Duration.format(timeout)}.`, phase: "total" })
          )
    }),
    watch: (id) => Stream.changesWith(polls(id, LONGEST_PAUSE), sameStatus)
  }
})
