/** The options of one call; `services/RequestOptions.ts` re-exports them. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type { RetryPolicy } from "./RetryPolicy.js"

/**
 * Time budgets. A number is milliseconds; a bare duration is the `total` of a unary call.
 *
 * - `headers`: until the response headers arrive, for each attempt
 * - `idle`: between two chunks of a body
 * - `total`: for the whole call, retries and body included; streams have none
 *
 * @example
 * ```ts
 * import { Julep, type TimeoutOption } from "effect-julep"
 *
 * const timeout: TimeoutOption = { headers: "10 seconds", idle: "30 seconds", total: "2 minutes" }
 * const client = Julep.layerFetch({ timeout })
 * ```
 */
export type TimeoutOption =
  | Duration.DurationInput
  | {
      readonly headers?: Duration.DurationInput | undefined
      readonly idle?: Duration.DurationInput | undefined
      readonly total?: Duration.DurationInput | undefined
    }

/**
 * Options of the calls inside one effect; they take precedence over those of the client.
 *
 * @example
 * ```ts
 * import { Agents, Julep, type RequestOptions } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const once: RequestOptions = { retry: false, idempotencyKey: "agent-ada" }
 * const create = Effect.flatMap(Agents, (agents) => agents.create({ name: "Ada" })).pipe(Julep.withOptions(once))
 * ```
 */
export interface RequestOptions {
  /** Time budgets. Default: those of the client. */
  readonly timeout?: TimeoutOption | undefined
  /** `false` for one attempt, or a policy. Default: the policy of the client. */
  readonly retry?: false | RetryPolicy | undefined
  /** Headers to send beside those of the client; one of the same name replaces it. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as `Idempotency-Key`: a server that supports it answers a repeated POST, PUT or PATCH with the first response. */
  readonly idempotencyKey?: string | undefined
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

/** The options of the calls inside the current effect. */
export class CurrentRequestOptions extends Context.Reference<CurrentRequestOptions>()(
  "effect-julep/CurrentRequestOptions",
  { defaultValue: (): RequestOptions => ({}) }
) {}

/** Receives each response inside the current effect. */
export class ResponseListener extends Context.Reference<ResponseListener>()("effect-julep/ResponseListener", {
  defaultValue: (): ((info: ResponseInfo) => void) => () => {}
}) {}
