import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { RequestError } from "../schema/Errors.js"

/**
 * When and how often a failed request is repeated. GET, PUT and DELETE may be repeated; a POST or PATCH only if it
 * has an `idempotencyKey` or never reached the server, and the engine's requests to its model, which write nothing. A
 * response with `x-should-retry: false` is never repeated. Spread `RetryPolicy.standard` and change what should differ.
 *
 * @example
 * ```ts
 * import { Julep, RetryPolicy } from "effect-julep"
 *
 * const patient = Julep.layerFetch({ retry: { ...RetryPolicy.standard, times: 5 } })
 * ```
 */
export interface RetryPolicy {
  /** The number of retries after the first attempt. */
  readonly times: number
  /** The pause before the first retry; it doubles each time. Jitter takes off up to a quarter. A number is milliseconds. */
  readonly baseDelay: Duration.DurationInput
  /** The longest pause between two attempts, unless the server names one. */
  readonly maxDelay: Duration.DurationInput
  /** The longest `Retry-After` to wait for; the call fails at once if the server asks for more. */
  readonly maxRetryAfter: Duration.DurationInput
  /** Which errors to retry, of requests that may be repeated. */
  readonly while: (error: RequestError) => boolean
}

/** Connection errors, timeouts of one attempt, 408, 429 and 5xx. */
const isTransient = (error: RequestError): boolean =>
  error._tag === "ConnectionError" ||
  error._tag === "RateLimited" ||
  error._tag === "ServerError" ||
  (error._tag === "UnexpectedResponse" && error.status === 408) ||
  (error._tag === "TimeoutError" && error.phase !== "total")

/**
 * Two retries of connection errors, timeouts, 408, 429 and 5xx: after half a second and a second, or after the server's
 * `Retry-After` of up to a minute.
 */
export const standard: RetryPolicy = {
  times: 2,
  baseDelay: 500,
  maxDelay: 8000,
  maxRetryAfter: 60_000,
  while: isTransient
}

const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"])

/** A failed attempt. */
export interface Attempt {
  /** The HTTP method, such as `GET`. */
  readonly method: string
  /** Counts from 1. */
  readonly number: number
  /** Why the attempt failed. */
  readonly error: RequestError
  /** Seconds, if the server names them. */
  readonly retryAfter: number | undefined
  /** `false` if the server says that there should be no other attempt. */
  readonly shouldRetry: boolean | undefined
  /** Whether it is safe to repeat a POST or PATCH: it has an idempotency key, or writes nothing. */
  readonly idempotent: boolean
}

/** A request that never reached the server may be repeated, whatever its method. */
const neverSent = (error: RequestError): boolean =>
  error._tag === "ConnectionError" && (error.reason === "refused" || error.reason === "dns")

/** The pause before the next attempt, or none if there is no next attempt. */
export const nextDelay = (policy: RetryPolicy, attempt: Attempt): Effect.Effect<Option.Option<Duration.Duration>> => {
  const { error, idempotent, method, number, retryAfter, shouldRetry } = attempt
  const safe = repeatable.has(method) || idempotent || neverSent(error)
  if (!safe || shouldRetry === false || number > policy.times || !policy.while(error)) return Effect.succeedNone
  if (retryAfter !== undefined) {
    const wait = Duration.millis(Math.round(retryAfter * 1000))
    return Duration.lessThanOrEqualTo(wait, policy.maxRetryAfter) ? Effect.succeedSome(wait) : Effect.succeedNone
  }
  const pause = Math.min(Duration.toMillis(policy.baseDelay) * 2 ** (number - 1), Duration.toMillis(policy.maxDelay))
  // Whole milliseconds, because `TestClock` does not advance by fractions.
  return Effect.map(Random.next, (random) => Option.some(Duration.millis(Math.round(pause * (1 - random / 4)))))
}
