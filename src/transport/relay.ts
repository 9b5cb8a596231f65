/** Passes requests on as they are. Only the engine does; the client has no need of this module. */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RequestError, WriteError } from "../schema/Errors.js"
import * as Budgets from "./Budgets.js"
import type { BufferedResponse } from "./BufferedResponse.js"
import { brokenOff, bytesOf, readWhole } from "./bodies.js"
import { CurrentRequestOptions } from "./RequestOptions.js"
import { isSuccess, sender, type TransportOptions } from "./Transport.js"

/** A response whose body is not read yet. A connection that is lost while it is read is `StreamInterrupted`. */
export interface OpenResponse {
  readonly status: number
  readonly headers: Headers.Headers
  readonly pieces: Stream.Stream<Uint8Array, RequestError>
}

/**
 * Sends a request once, and succeeds with the response whatever its status: its whole body in memory, or, where `streams`
 * holds for a 2xx response, a stream of its bytes that ends with the scope.
 */
export type Relay = (
  request: HttpClientRequest.HttpClientRequest,
  streams: (headers: Headers.Headers) => boolean
) => Effect.Effect<BufferedResponse | OpenResponse, WriteError, Scope.Scope>

/** The relay over a raw client. */
export const make = (raw: HttpClient.HttpClient, options: TransportOptions): Relay => {
  const { notify, openResponse, prepare, within, withRedaction } = sender(raw, options)
  return (request, streams) =>
    Effect.flatMap(CurrentRequestOptions, (given) => {
      const prepared = prepare(request, given)
      if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
      const { budgets: own, call } = prepared.right
      const { total } = Budgets.unary(own)
      const { headers, idle } = Budgets.streaming(own)
      return openResponse(prepared.right, headers).pipe(
        Effect.tap((response) => notify(response, prepared.right.redact)),
        Effect.flatMap(
          (response): Effect.Effect<BufferedResponse | OpenResponse, WriteError> =>
            isSuccess(response.status) && streams(response.headers)
              ? Effect.succeed({
                  status: response.status,
                  headers: response.headers,
                  pieces: Stream.mapError(bytesOf(response, call, idle), brokenOff)
                })
              : readWhole(response, call, idle)
        ),
        (effect) => within(effect, "total", total, call),
        (effect) => withRedaction(effect, given)
      )
    })
}
