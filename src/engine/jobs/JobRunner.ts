/**
 * Background jobs: a scoped fiber, woken on commit, that claims one job at a time by lease. On close the running job
 * is finished and the rest waits for the next start; a job whose process died is taken up when its lease runs out.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { type JobRow, Storage, type StorageError } from "../ports/Storage.js"
import { JobHandlers } from "../usecases/JobHandlers.js"
import { JobQueue, type Work } from "../usecases/JobQueue.js"

/** How long a job may run before another process may take it. */
const LEASE = 60_000
const MAX_ATTEMPTS = 5

/** The pause before another attempt: 1, 2, 4, 8 seconds. */
const backoff = (attempts: number): number => 1000 * 2 ** (attempts - 1)

const make: Effect.Effect<JobRunner.Service, never, Storage | JobQueue | JobHandlers | Scope.Scope> = Effect.gen(
  function* () {
    const storage = yield* Storage
    const queue = yield* JobQueue

    const handlers = yield* JobHandlers
    const isKnown = (name: string): name is Work["name"] => Object.hasOwn(handlers, name)

    /** A failure may pass; a defect and an unknown name will not. */
    const attempt = (job: JobRow) =>
      isKnown(job.name)
        ? Effect.matchCauseEffect(handlers[job.name](job), {
            onSuccess: (reason) => Effect.succeed({ succeeded: true, again: false, reason }),
            onFailure: (cause) => {
              const failure = Cause.failureOption(cause)
              const again = Option.isSome(failure) && job.attempts < MAX_ATTEMPTS
              const reason = Option.isSome(failure) ? failure.value.message : "The job has a bug; the log says which"
              return Effect.as(Effect.logError(`Job ${job.id} (${job.name}) failed`, cause), {
                succeeded: false,
                again,
                reason
              })
            }
          })
        : Effect.succeed({ succeeded: false, again: false, reason: `This release knows no job ${job.name}` })

    const run = Effect.fnUntraced(function* (job: JobRow) {
      const { again, reason, succeeded } = yield* attempt(job)
      const now = yield* Clock.currentTimeMillis
      yield* storage.jobs.settle(job, {
        state: succeeded ? "succeeded" : again ? "retrying" : "failed",
        reason,
        progress: succeeded ? 100 : job.progress,
        updated_at: now,
        not_before: again ? now + backoff(job.attempts) : undefined
      })
    })

    /** Takes and runs one due job, to its end even while the engine closes. False when none is due. */
    const step = Effect.uninterruptible(
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const job = yield* storage.jobs.claim(now, now + LEASE)
        if (Option.isSome(job)) yield* run(job.value)
        return Option.isSome(job)
      })
    )

    const drain: Effect.Effect<void, StorageError> = Effect.repeat(step, { while: (ran) => ran }).pipe(Effect.asVoid)

    const untilDue = Effect.gen(function* () {
      const due = yield* storage.jobs.nextDue
      if (Option.isNone(due)) return yield* Effect.never
      const now = yield* Clock.currentTimeMillis
      yield* Effect.sleep(Math.max(0, due.value - now))
    })

    const loop = drain.pipe(
      Effect.zipRight(Effect.raceFirst(Queue.take(queue.wakeUps), untilDue)),
      Effect.catchAll((error) =>
        Effect.zipRight(Effect.logError("The job runner pauses, because the store fails", error), Effect.sleep(1000))
      ),
      Effect.forever
    )
    yield* Effect.forkScoped(loop)
    return { drain }
  }
)

/** Runs jobs for as long as its layer lives. */
export class JobRunner extends Context.Tag("effect-julep/engine/JobRunner")<JobRunner, JobRunner.Service>() {
  static readonly layer: Layer.Layer<JobRunner, never, Storage | JobQueue | JobHandlers> = Layer.scoped(JobRunner, make)
}

export declare namespace JobRunner {
  interface Service {
    /** Runs every job that is due now, in the caller's fiber, and those they cause. */
    readonly drain: Effect.Effect<void, StorageError>
  }
}
