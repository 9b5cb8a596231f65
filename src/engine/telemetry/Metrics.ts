/** The engine's metrics, in the caller's metric registry: `Metric.snapshot` or any exporter of Effect reads them. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/** 1 ms to about 9 minutes, each boundary twice the one before. */
const milliseconds = MetricBoundaries.exponential({ start: 1, factor: 2, count: 20 })

const lag = Metric.histogram(
  "julep_job_lag_ms",
  milliseconds,
  "Milliseconds from the commit that leaves a job to its first attempt"
)

const attempts = Metric.counter("julep_job_attempts", {
  description: "Attempts at background jobs, by job and outcome",
  incremental: true
})

const tokens = Metric.counter("julep_tokens", {
  description: "Tokens of the chat model, by type: prompt or completion",
  incremental: true
})
const promptTokens = Metric.tagged(tokens, "type", "prompt")
const completionTokens = Metric.tagged(tokens, "type", "completion")

const waitingTurns = Metric.gauge("julep_waiting_turns", {
  description: "Chat turns that wait for an earlier turn of their session"
})

/** How a job's attempt ended. */
export type AttemptOutcome = "succeeded" | "retrying" | "failed"

/** Records how long a job waited for its first attempt. */
export const jobStarted = (job: string, lagMillis: number): Effect.Effect<void> =>
  Metric.update(Metric.tagged(lag, "job", job), lagMillis)

/** Records the outcome of an attempt. */
export const jobEnded = (job: string, outcome: AttemptOutcome): Effect.Effect<void> =>
  Metric.update(Metric.tagged(Metric.tagged(attempts, "job", job), "outcome", outcome), 1)

/** Records the tokens of one call of the model. */
export const tokensUsed = (usage: {
  readonly prompt_tokens: number
  readonly completion_tokens: number
}): Effect.Effect<void> =>
  Effect.zipRight(
    Metric.incrementBy(promptTokens, usage.prompt_tokens),
    Metric.incrementBy(completionTokens, usage.completion_tokens)
  )

/** Counts an effect among the waiting turns while it runs. */
export const whileWaiting = <A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Metric.increment(waitingTurns),
    () => wait,
    () => Metric.incrementBy(waitingTurns, -1)
  )
