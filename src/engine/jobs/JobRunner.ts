/**
 * Background jobs: a scoped fiber that a commit wakes up. It claims jobs while there is room for more, and runs each in a
 * fiber of its own. The jobs of an embedder and those of a model have room of their own, so that an endpoint that hangs
 * does not hold the jobs of the other. So have the docs, so that thousands of them do not hold what was said. The jobs of
 * a session run one after the other, in order: that is the store's part.
 *
 * The runner renews the lease of a job for as long as the job runs. On close it finishes the running jobs and leaves the
 * rest for the next start, or for another process with the same store, which looks for jobs every second. A job whose
 * process died starts again: at once when a file is opened, otherwise when its lease expires.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type JobRow, Storage, type StorageError } from "../ports/Storage.js"
import * as Metrics from "../telemetry/Metrics.js"
import { withSpan } from "../telemetry/Spans.js"
import { JobQueue } from "../usecases/JobQueue.js"
import { MAX_TEXTS } from "../usecases/recall/EmbedQueue.js"
import { CONCURRENCY, isEmbedding, JobHandlers } from "./JobHandlers.js"
import * as Retries from "./Retries.js"

/**
 * How long, in milliseconds, other runners leave a job alone after it is claimed or its lease is renewed. Tests that kill
 * processes shorten it.
 */
export class JobLease extends Context.Reference<JobLease>()("effect-julep/engine/JobLease", {
  defaultValue: () => 60_000
}) {}
/**
 * How many jobs that wait for an embedder run at a time for each of its requests: twice as many as have their texts in one,
 * so that the next request is full.
 */
const JOBS_OF_A_REQUEST = 2 * MAX_TEXTS
/**
 * How long a closing runner waits for jobs that wait for an embedder: enough for the answers that are on their way. The jobs
 * are many, and go on where they stopped.
 */
const EMBEDDING_GRACE = Duration.millis(500)
/**
 * Lets other fibers run: a program that ends right after a turn does not wait for the jobs of the turn, which run at its next
 * start. One that goes on waits at its end for those that have begun.
 */
const othersFirst = Effect.repeatN(Effect.yieldNow(), 4)
/** Jobs that share room, and how many more of them may start. */
interface Pool {
  readonly names: ReadonlyArray<string>
  free: number
}

const make = ({ concurrency = CONCURRENCY, embeds = false, grace, waits = true }: JobRunner.Options) =>
  Effect.gen(function* () {
    const failed = Retries.afterFailure(waits, yield* Clock.currentTimeMillis, yield* Retries.RetryDelay)
    const storage = yield* Storage
    const lease = yield* JobLease
    /** How long a renewal may take, and the pause after one that failed. Three may fail before the lease runs out. */
    const retry = lease / 12
    const queue = yield* JobQueue
    const closing = yield* Deferred.make<void>()

    const handlers = new Map(Object.entries(yield* JobHandlers))
    /** A job of another name is left for a runner that has a handler for it. */
    const names = [...handlers.keys()]
    const [ofModel, ofEmbedder] = Arr.partition(names, isEmbedding)
    const [ofSaid, ofDocs] = Arr.partition(ofEmbedder, (name) => name === "index_doc")
    const room = embeds ? concurrency * JOBS_OF_A_REQUEST : concurrency
    const pools: ReadonlyArray<Pool> = [
      { names: ofDocs, free: room },
      { names: ofSaid, free: room },
      { names: ofModel, free: concurrency }
    ]
    const running = new Set<Fiber.RuntimeFiber<void>>()
    /** Whether a job has ended since the runner looked for work. */
    let hasEnded = false

    const attempt = (job: JobRow, report: JobHandlers.Report): Effect.Effect<Retries.Outcome> => {
      const handler = handlers.get(job.name)
      if (handler === undefined) return Effect.dieMessage(`job ${job.name} was claimed without a handler`)
      if (job.attempts > Retries.MAX_ATTEMPTS) {
        return Effect.succeed({
          state: "failed",
          reason: `The process ended during each of ${Retries.MAX_ATTEMPTS} attempts`
        })
      }
      const span = withSpan(`job ${job.name}`, { "julep.job_id": job.id, "julep.job_attempt": job.attempts })
      return Effect.matchCauseEffect(span(Effect.suspend(() => handler(job, report))), {
        onSuccess: (reason) => Effect.succeed<Retries.Outcome>({ state: "succeeded", reason }),
        onFailure: (cause) =>
          Effect.tap(
            Effect.map(Clock.currentTimeMillis, (now) => failed(job, now, cause)),
            ({ counted, reason, state }) => {
              const message = `Job ${job.id} (${job.name}) failed`
              if (state !== "retrying") return Effect.logError(message, cause)
              // An embedder that fails is in the log once, and not for each of thousands of jobs.
              const log = counted === false ? Effect.logDebug : Effect.logWarning
              return log(`${message} and will be retried: ${reason}`)
            }
          )
      })
    }

    /** Renews the lease until it is lost, which means that another attempt has started. */
    const heartbeat = (job: JobRow, after = lease / 3): Effect.Effect<void> =>
      Effect.zipRight(
        Effect.sleep(after),
        Effect.timeout(Effect.disconnect(storage.jobs.renew(job, lease)), retry)
      ).pipe(
        Effect.matchEffect({
          onSuccess: (held) => (held ? heartbeat(job) : Effect.void),
          onFailure: (error) =>
            Effect.zipRight(
              Effect.logWarning(`The lease of job ${job.id} could not be renewed yet`, error),
              heartbeat(job, retry)
            )
        })
      )

    /** The outcome of a job that still runs when the grace period of a closing runner ends. */
    const tooLate = (grace: Duration.DurationInput) =>
      Effect.zipRight(Deferred.await(closing), Effect.sleep(grace)).pipe(
        Effect.as<Retries.Outcome>({
          state: "retrying",
          reason: "The engine closed before the job finished",
          pause: 0,
          counted: false
        })
      )

    /** Runs a job. It needs a daemon fiber: an interruption of the runner would reach its children at once. */
    const run = Effect.fnUntraced(function* (job: JobRow) {
      let progress = job.progress
      const report: JobHandlers.Report = (percent) =>
        Effect.suspend(() => {
          progress = percent
          return storage.jobs.settle(job, { state: "in_progress", reason: "The job is running", progress })
        })
      const patient =
        embeds && isEmbedding(job.name) ? Duration.min(EMBEDDING_GRACE, grace ?? Duration.infinity) : grace
      const renewing = yield* Effect.forkDaemon(Effect.interruptible(heartbeat(job)))
      const attempted = attempt(job, report)
      const outcome = yield* Effect.ensuring(
        Effect.interruptible(patient === undefined ? attempted : Effect.raceFirst(attempted, tooLate(patient))),
        Fiber.interrupt(renewing)
      )
      yield* Metrics.jobEnded(job.name, outcome.state)
      yield* storage.jobs.settle(job, { progress: outcome.state === "succeeded" ? 100 : progress, ...outcome })
    })

    const claim = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
      if (names.length === 0) return Option.none()
      const claimed = yield* storage.jobs.claim(names, lease)
      if (Option.isSome(claimed) && claimed.value.attempts === 1 && claimed.value.reason === null) {
        const now = yield* Clock.currentTimeMillis
        yield* Metrics.jobStarted(claimed.value.name, now - claimed.value.created_at)
      }
      return claimed
    })

    /** The names of the jobs that there is room for. */
    const startable = Effect.sync(() => pools.flatMap(({ free, names }) => (free > 0 ? names : [])))

    /** Claims a due job and starts it; returns whether there was one. */
    const start = Effect.gen(function* () {
      const job = Option.getOrUndefined(yield* Effect.flatMap(startable, claim))
      const pool = pools.find(({ names }) => job !== undefined && names.includes(job.name))
      if (job === undefined || pool === undefined) return false
      pool.free--
      const fiber = yield* run(job).pipe(
        Effect.catchAll((error) => Effect.logError(`The outcome of job ${job.id} could not be stored`, error)),
        Effect.ensuring(
          Effect.suspend(() => {
            pool.free++
            running.delete(fiber)
            // There is room for another one, and its lane is free.
            hasEnded = true
            return queue.wakeUps.wake
          })
        ),
        Effect.forkDaemon
      )
      running.add(fiber)
      return true
      // What is claimed is started, and what is started ends, even while the engine closes.
    }).pipe(Effect.uninterruptible)

    const startAll = Effect.repeat(start, { while: (started) => started })

    /** Waits for work or room. Waiting for a wake-up alone does not keep the process alive. */
    const idle = Effect.gen(function* () {
      const names = yield* startable
      const due = names.length === 0 ? Option.none() : yield* storage.jobs.nextDue(names)
      const { wait } = storage.jobs
      const { woken: own } = queue.wakeUps
      const woken = wait === undefined ? own : Effect.raceFirst(own, wait)
      yield* Option.isNone(due) ? woken : Effect.raceFirst(woken, Effect.sleep(due.value))
    })

    const forgetWakeUps = Effect.suspend(() => {
      hasEnded = false
      return queue.wakeUps.forget
    })

    const loop = Effect.zipRight(forgetWakeUps, startAll).pipe(
      Effect.zipRight(idle),
      // Before new work begins, but not before the work that waits for a lane.
      Effect.zipRight(Effect.suspend(() => (hasEnded ? Effect.void : othersFirst))),
      Effect.catchAll((error) =>
        Effect.zipRight(
          Effect.logError("The job runner pauses for a second because the storage fails", error),
          Effect.sleep(1000)
        )
      ),
      Effect.forever
    )
    // Finalizers run in reverse: the runner announces that it closes, claims no more, and waits for the running jobs.
    yield* Effect.addFinalizer(() => Effect.suspend(() => Fiber.awaitAll(running)))
    yield* Effect.forkScoped(loop)
    yield* Effect.addFinalizer(() => Deferred.succeed(closing, undefined))

    /** Claims a due job and runs it; where none is due, waits for a running one. */
    const drainOne = Effect.gen(function* () {
      const job = yield* claim(names)
      // In a fiber of its own: an interruption of the caller must not reach it.
      if (Option.isSome(job))
        return Effect.as(Effect.flatten(Effect.flatMap(Effect.forkDaemon(run(job.value)), Fiber.await)), true)
      const [fiber] = running
      return fiber === undefined ? Effect.succeed(false) : Effect.as(Fiber.await(fiber), true)
    }).pipe(Effect.flatten, Effect.uninterruptible)

    const drain = Effect.asVoid(Effect.repeat(drainOne, { while: (ran) => ran }))

    /** Waits until the next job is due; returns whether there is one. */
    const untilDue = Effect.gen(function* () {
      const due = yield* storage.jobs.nextDue(names)
      if (Option.isNone(due)) return false
      yield* Effect.sleep(due.value)
      return true
    })

    return { drain, finish: Effect.asVoid(Effect.repeat(Effect.zipRight(drain, untilDue), { while: (left) => left })) }
  })

/** Runs background jobs for as long as its layer lives. */
export class JobRunner extends Context.Tag("effect-julep/engine/JobRunner")<JobRunner, JobRunner.Service>() {
  static readonly make = make
  static readonly layerWith = (
    options: JobRunner.Options
  ): Layer.Layer<JobRunner, never, Storage | JobQueue | JobHandlers> => Layer.scoped(JobRunner, make(options))
  static readonly layer: Layer.Layer<JobRunner, never, Storage | JobQueue | JobHandlers> = JobRunner.layerWith({})
}

export declare namespace JobRunner {
  interface Options {
    /**
     * How many jobs run at a time: of docs, and as many again of models. The jobs of one session run one after the other in
     * any case. Default: 4.
     */
    readonly concurrency?: number | undefined
    /**
     * How long the runner waits for the running jobs when it closes. A job that takes longer runs again after the next
     * start. Default: no limit.
     */
    readonly grace?: Duration.DurationInput | undefined
    /**
     * Whether there is an embedder. The jobs that wait for it are then many at a time, because their texts share requests.
     * Default: false.
     */
    readonly embeds?: boolean | undefined
    /**
     * Whether jobs wait for an embedder that fails until it works, whatever the number of attempts: after a day they try once
     * a day, and at the next start. With `false`, they make as many attempts as others. Default: true.
     */
    readonly waits?: boolean | undefined
  }
  interface Service {
    /** Runs every job that is due now, and the jobs these leave, and waits for those that run already. */
    readonly drain: Effect.Effect<void, StorageError>
    /** Runs every job to its end, with the attempts that fall due later. */
    readonly finish: Effect.Effect<void, StorageError>
  }
}
