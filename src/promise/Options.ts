/** The options of a client and of one call, in plain values. */
import * as EffectDuration from "effect/Duration"
import type { RequestError } from "../schema/Errors.js"
import * as Service from "../services/RequestOptions.js"

/** A duration: a number of milliseconds, or a string with a unit, such as `"30 seconds"`. */
export type Duration =
  | number
  | `${number} ${"millis" | "second" | "seconds" | "minute" | "minutes" | "hour" | "hours" | "day" | "days"}`

/**
 * Time budgets. A bare duration is the `total` of a unary call.
 *
 * - `headers`: until the response headers arrive, for each attempt
 * - `idle`: between two chunks of a body
 * - `total`: for the whole call, retries and body included; streams have none
 */
export type Timeout =
  | Duration
  | {
      readonly headers?: Duration | undefined
      readonly idle?: Duration | undefined
      readonly total?: Duration | undefined
    }

/**
 * When and how often a failed request is repeated. GET, PUT and DELETE may be repeated; a POST or PATCH only if it
 * has an `idempotencyKey` or never reached the server.
 *
 * @example
 * ```ts
 * import { Client, RetryPolicy } from "effect-julep/promise"
 *
 * const patient = new Client({ apiKey: "secret", baseUrl: "https://host/api", retry: { ...RetryPolicy.standard, times: 5 } })
 * ```
 */
export interface RetryPolicy {
  /** The number of retries after the first attempt. */
  readonly times: number
  /** The pause before the first retry; it doubles each time. Jitter takes off up to a quarter. */
  readonly baseDelay: Duration
  /** The longest pause between two attempts, unless the server names one. */
  readonly maxDelay: Duration
  /** The longest `Retry-After` to wait for; the call fails at once if the server asks for more. */
  readonly maxRetryAfter: Duration
  /** Which errors to retry, of requests that may be repeated. */
  readonly while: (error: RequestError) => boolean
}

const { standard } = Service.RetryPolicy

/** The policy to start from. `standard` is the default: two retries of connection errors, timeouts, 408, 429 and 5xx. */
export const RetryPolicy: { readonly standard: RetryPolicy } = {
  standard: {
    ...standard,
    baseDelay: EffectDuration.toMillis(standard.baseDelay),
    maxDelay: EffectDuration.toMillis(standard.maxDelay),
    maxRetryAfter: EffectDuration.toMillis(standard.maxRetryAfter)
  }
}

/** The status, the headers and the request id of a response. */
export interface ResponseInfo {
  /** The HTTP status. */
  readonly status: number
  /** The headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** `x-request-id`, else `request-id`. */
  readonly requestId: string | undefined
}

/** The options of one call, over those of the client: the last argument of every method. */
export interface RequestOptions {
  /** Aborts the call: the connection is closed, and the call rejects with the reason of the signal, as `fetch` does. */
  readonly signal?: AbortSignal | undefined
  /** Time budgets. Default: those of the client. */
  readonly timeout?: Timeout | undefined
  /** `false` for one attempt, or a policy. Default: the policy of the client. */
  readonly retry?: false | RetryPolicy | undefined
  /** Headers to send beside those of the client; one of the same name replaces it. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as `Idempotency-Key`: a server that supports it answers a repeated POST, PUT or PATCH with the first response. */
  readonly idempotencyKey?: string | undefined
  /** Called with each response, whatever its status, also of attempts that are retried: for request ids and rate limits. */
  readonly onResponse?: ((info: ResponseInfo) => void) | undefined
}

/** How to reach a server. Omitted options come from the environment, if there is one, else from the defaults. */
export interface ClientOptions {
  /** The key, sent as `Authorization: Bearer <key>`. Default: `JULEP_API_KEY`. */
  readonly apiKey?: string | undefined
  /** The API's base URL, http or https. Its path is kept; trailing slashes are dropped. Default: `JULEP_API_URL`. */
  readonly baseUrl?: string | URL | undefined
  /**
   * Time budgets. Default: `JULEP_TIMEOUT` (a duration with a unit, such as `30 seconds`), else 300 seconds in total for
   * unary calls, and 300 seconds for the headers and between two chunks for streams.
   */
  readonly timeout?: Timeout | undefined
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `false` for one attempt, or a policy. Default: `RetryPolicy.standard`. */
  readonly retry?: false | RetryPolicy | undefined
  /** The function that sends the requests, for proxies, logging and tests. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}
