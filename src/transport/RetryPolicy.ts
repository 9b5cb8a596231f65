import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { RequestError } from "../schema/Errors.js"

/**
 * When a request is sent again. A policy is a value: spread `RetryPolicy.standard` and change what should differ.
 *
 * @example
 * ```ts
 * import { Julep, RetryPolicy } from "effect-julep"
 *
 * const patient = Julep.layerFetch({ retry: { ...RetryPolicy.standard, times: 5 } })
 * ```
 */
export interface RetryPolicy {
  /** How often, after the first attempt. */
  readonly times: number
  /** The pause before the first retry; it doubles each time. Up to a quarter of it is taken off at random. */
  readonly baseDelay: Duration.DurationInput
  /** The longest such pause. */
  readonly maxDelay: Duration.DurationInput
  /** The longest `Retry-After` that is waited for; a longer one fails at once. */
  readonly maxRetryAfter: Duration.DurationInput
  /** Which failures are worth another attempt, of requests that may be repeated at all. */
  readonly retries: (error: RequestError) => boolean
}

/** Connection errors, 408, 429 and 5xx. */
const isTransient = (error: RequestError): boolean =>
  error._tag === "ConnectionError" ||
  error._tag === "RateLimited" ||
  error._tag === "ServerError" ||
  (error._tag === "UnexpectedResponse" && error.status === 408) ||
  (error._tag === "TimeoutError" && error.phase !== "total")

/** Two retries, after half a second and a second; `Retry-After` up to a minute. */
export const standard: RetryPolicy = {
  times: 2,
  baseDelay: 500,
  maxDelay: 8000,
  maxRetryAfter: 60_000,
  retries: isTransient
}

const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"])

/** What is known of a failed attempt. */
export interface Attempt {
  readonly method: string
  /** 1 for the first. */
  readonly number: number
  readonly error: RequestError
  /** In seconds, where the server says so. */
  readonly retryAfter: number | undefined
  /** Whether an idempotency key makes a repeated POST safe. */
  readonly idempotent: boolean
}

/** A request that never reached the server may be repeated whatever it asks. */
const neverSent = (error: RequestError): boolean =>
  error._tag === "ConnectionError" && (error.reason === "refused" || error.reason === "dns")

/** How long to wait before the next attempt; nothing where there is to be none. */
export const nextDelay = (policy: RetryPolicy, attempt: Attempt): Effect.Effect<Option.Option<Duration.Duration>> => {
  const { error, idempotent, method, number, retryAfter } = attempt
  const safe = repeatable.has(method) || idempotent || neverSent(error)
  if (!safe || number > policy.times || !policy.retries(error)) return Effect.succeedNone
  if (retryAfter !== undefined) {
    const wait = Duration.millis(Math.round(retryAfter * 1000))
    return Effect.succeed(Option.liftPredicate(wait, Duration.lessThanOrEqualTo(policy.maxRetryAfter)))
  }
  const pause = Math.min(Duration.toMillis(policy.baseDelay) * 2 ** (number - 1), Duration.toMillis(policy.maxDelay))
  // Whole milliseconds: a clock in a test counts no fractions of them.
  return Effect.map(Random.next, (random) => Option.some(Duration.millis(Math.round(pause * (1 - random / 4)))))
}
