import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type { RetryPolicy } from "./RetryPolicy.js"

/**
 * Time budgets; a number is milliseconds. A bare duration is the `total` of a unary call. `headers`: until the answer
 * begins, for each attempt. `idle`: between two pieces of a body. `total`: the whole call, retries and body included;
 * streams have none.
 */
export type TimeoutOption =
  | Duration.DurationInput
  | {
      readonly headers?: Duration.DurationInput | undefined
      readonly idle?: Duration.DurationInput | undefined
      readonly total?: Duration.DurationInput | undefined
    }

/** What a caller may say for the calls inside one effect, over what the client was built with. */
export interface RequestOptions {
  readonly timeout?: TimeoutOption | undefined
  /** `false`: one attempt. */
  readonly retry?: false | RetryPolicy | undefined
  /** Added to the client's own headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as `Idempotency-Key`: a server that knows it answers a repeated POST, PUT or PATCH with the first answer. */
  readonly idempotencyKey?: string | undefined
}

/** What came with a value: the status, the headers and the request id of the answer. */
export interface ResponseInfo {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly requestId: string | undefined
}

/** The options of the calls inside the current effect. */
export class CurrentRequestOptions extends Context.Reference<CurrentRequestOptions>()(
  "effect-julep/CurrentRequestOptions",
  { defaultValue: (): RequestOptions => ({}) }
) {}

/** Who is told of each answer inside the current effect. */
export class ResponseListener extends Context.Reference<ResponseListener>()("effect-julep/ResponseListener", {
  defaultValue: (): ((info: ResponseInfo) => void) => () => {}
}) {}
