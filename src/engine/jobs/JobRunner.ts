/**
 * Background jobs: a scoped fiber, woken on commit, that claims one job at a time. It holds a lease for as long as the
 * job runs, and renews it. On close the running job is finished and the rest waits for the next start. A job whose
 * process died begins again: at once when a file is opened, else when its lease runs out.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import { type JobRow, Storage, type StorageError } from "../ports/Storage.js"
import * as Metrics from "../telemetry/Metrics.js"
import { withSpan } from "../telemetry/Spans.js"
import { JobQueue, type Work } from "../usecases/JobQueue.js"
import { JobHandlers } from "./JobHandlers.js"

/** How long a job is left alone by others after it was claimed, or its lease renewed. */
const LEASE = 60_000
const HEARTBEAT = LEASE / 3
const MAX_ATTEMPTS = 5

/** The pause before another attempt: 1, 2, 4, 8 seconds. */
const backoff = (attempts: number): number => 1000 * 2 ** (attempts - 1)

/** What is written of an attempt. */
interface Outcome {
  readonly state: "succeeded" | "retrying" | "failed"
  readonly reason: string
  /** How long to wait for the next attempt. */
  readonly pause?: number
}

const make = ({ grace }: JobRunner.Options) =>
  Effect.gen(function* () {
    const storage = yield* Storage
    const queue = yield* JobQueue
    const closing = yield* Deferred.make<void>()

    const handlers = yield* JobHandlers
    /** A job of another name is left for a runner that has a handler for it. */
    const names = Object.keys(handlers)
    const isKnown = (name: string): name is Work["name"] => Object.hasOwn(handlers, name)

    /** A failure may pass; a defect will not. */
    const failed = (job: JobRow, cause: Cause.Cause<{ readonly message: string }>): Outcome =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => ({ state: "failed", reason: "The job has a bug; the log says which" }),
        onSome: ({ message: reason }) =>
          job.attempts < MAX_ATTEMPTS
            ? { state: "retrying", reason, pause: backoff(job.attempts) }
            : { state: "failed", reason }
      })

    const attempt = (job: JobRow, report: JobHandlers.Report): Effect.Effect<Outcome> => {
      if (!isKnown(job.name)) return Effect.dieMessage(`job ${job.name} was claimed without a handler`)
      if (job.attempts > MAX_ATTEMPTS) {
        return Effect.succeed({ state: "failed", reason: `The process ended in each of ${MAX_ATTEMPTS} attempts` })
      }
      const span = withSpan(`job ${job.name}`, { "julep.job_id": job.id, "julep.job_attempt": job.attempts })
      return Effect.matchCauseEffect(span(handlers[job.name](job, report)), {
        onSuccess: (reason) => Effect.succeed<Outcome>({ state: "succeeded", reason }),
        onFailure: (cause) => {
          const outcome = failed(job, cause)
          const message = `Job ${job.id} (${job.name}) failed`
          return Effect.as(
            outcome.state === "retrying"
              ? Effect.logWarning(`${message}, and will be tried again: ${outcome.reason}`)
              : Effect.logError(message, cause),
            outcome
          )
        }
      })
    }

    /** Renews the lease until it is lost: then another attempt has begun, and this one has no say any more. */
    const heartbeat = (job: JobRow) =>
      Effect.sleep(HEARTBEAT).pipe(
        Effect.zipRight(Clock.currentTimeMillis),
        Effect.flatMap((now) => storage.jobs.renew(job, now + LEASE)),
        Effect.repeat({ while: (held) => held }),
        Effect.catchAll((error) => Effect.logError(`The lease of job ${job.id} could not be renewed`, error))
      )

    /** What becomes of a job that a closing engine has no time for. */
    const tooLate = (grace: Duration.DurationInput) =>
      Effect.zipRight(Deferred.await(closing), Effect.sleep(grace)).pipe(
        Effect.as<Outcome>({ state: "retrying", reason: "The engine closed before the job was done", pause: 0 })
      )

    /** Runs a job in a fiber of its own, a daemon: an interruption of the runner would reach its children at once. */
    const run = Effect.fnUntraced(function* (job: JobRow) {
      let progress = job.progress
      const report: JobHandlers.Report = (percent) =>
        Effect.flatMap(Clock.currentTimeMillis, (updated_at) => {
          progress = percent
          const reason = "The job is under way"
          return storage.jobs.settle(job, { state: "in_progress", reason, progress, updated_at })
        })
      const outcome = yield* Deferred.make<Outcome>()
      const fibers = yield* Effect.forEach(
        [
          Effect.intoDeferred(attempt(job, report), outcome),
          heartbeat(job),
          ...(grace === undefined ? [] : [Effect.intoDeferred(tooLate(grace), outcome)])
        ],
        (effect) => Effect.forkDaemon(Effect.interruptible(effect))
      )
      const { pause, reason, state } = yield* Deferred.await(outcome)
      yield* Fiber.interruptAll(fibers)
      yield* Metrics.jobEnded(job.name, state)
      const now = yield* Clock.currentTimeMillis
      yield* storage.jobs.settle(job, {
        state,
        reason,
        progress: state === "succeeded" ? 100 : progress,
        updated_at: now,
        not_before: pause === undefined ? undefined : now + pause
      })
    })

    /** Takes and runs one due job, to its end even while the engine closes. False when none is due. */
    const step = Effect.uninterruptible(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const job = yield* storage.jobs.claim(names, now, now + LEASE)
        if (Option.isSome(job)) {
          if (job.value.attempts === 1) yield* Metrics.jobStarted(job.value.name, now - job.value.created_at)
          yield* run(job.value)
        }
        return Option.isSome(job)
      })
    )

    const drain: Effect.Effect<void, StorageError> = Effect.repeat(step, { while: (ran) => ran }).pipe(Effect.asVoid)

    /** Until there is work. Waiting for a wake-up alone keeps no process alive. */
    const idle = Effect.gen(function* () {
      const due = yield* storage.jobs.nextDue(names)
      const woken = Queue.take(queue.wakeUps)
      if (Option.isNone(due)) return yield* woken
      const now = yield* Clock.currentTimeMillis
      yield* Effect.raceFirst(woken, Effect.sleep(Math.max(0, due.value - now)))
    })

    const loop = drain.pipe(
      Effect.zipRight(idle),
      Effect.catchAll((error) =>
        Effect.zipRight(Effect.logError("The job runner pauses, because the store fails", error), Effect.sleep(1000))
      ),
      Effect.forever
    )
    yield* Effect.forkScoped(loop)
    // Added last, so that it runs first: the loop ends with the job that is running.
    yield* Effect.addFinalizer(() => Deferred.succeed(closing, undefined))
    return { drain }
  })

/** Runs jobs for as long as its layer lives. */
export class JobRunner extends Context.Tag("effect-julep/engine/JobRunner")<JobRunner, JobRunner.Service>() {
  static readonly layerWith = (
    options: JobRunner.Options
  ): Layer.Layer<JobRunner, never, Storage | JobQueue | JobHandlers> => Layer.scoped(JobRunner, make(options))
  static readonly layer: Layer.Layer<JobRunner, never, Storage | JobQueue | JobHandlers> = JobRunner.layerWith({})
}

export declare namespace JobRunner {
  interface Options {
    /** How long the running job has to end when the runner closes; it begins again at the next start. Default: for ever. */
    readonly grace?: Duration.DurationInput | undefined
  }
  interface Service {
    /** Runs every job that is due now, in the caller's fiber, and those they cause. */
    readonly drain: Effect.Effect<void, StorageError>
  }
}
