/**
 * How a request travels: base URL, key and headers, same-origin redirects, one time budget over the whole call, and
 * every way it can fail told apart. What comes out is a 2xx whose body is in memory, or a `RequestError`.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type RequestError, TimeoutError } from "../schema/Errors.js"
import { type Asked, answerError } from "./answer.js"
import { BufferedResponse } from "./BufferedResponse.js"
import { connectionError } from "./failure.js"

/** What the transport needs to know. */
export interface TransportOptions {
  readonly baseUrl: string
  /** Sent as a bearer token; an endpoint may need none. */
  readonly apiKey: Redacted.Redacted | undefined
  readonly headers: Readonly<Record<string, string>>
  /** The budget of a whole call, body included. */
  readonly total: Duration.Duration
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/** Sends one request. Answers with a buffered 2xx response, or fails with a `RequestError`. */
export type Transport = (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<BufferedResponse, RequestError>

const MAX_REDIRECTS = 5

const follows = (status: number, method: string): boolean =>
  status === 307 || status === 308 || ((status === 301 || status === 302 || status === 303) && method === "GET")

/** Follows redirects within one origin; one to another origin is left as the answer, because headers would leak. */
const followRedirects =
  (client: HttpClient.HttpClient) =>
  (
    request: HttpClientRequest.HttpClientRequest
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> => {
    const go = (
      current: HttpClientRequest.HttpClientRequest,
      left: number
    ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
      Effect.flatMap(client.execute(current), (response) => {
        const location = response.headers["location"]
        if (left === 0 || location === undefined || !follows(response.status, current.method)) {
          return Effect.succeed(response)
        }
        const next = URL.canParse(location, current.url) ? new URL(location, current.url) : undefined
        return next === undefined || next.origin !== new URL(current.url).origin
          ? Effect.succeed(response)
          : go(HttpClientRequest.setUrl(current, next), left - 1)
      })
    return go(request, MAX_REDIRECTS)
  }

const read = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(
    response.arrayBuffer,
    (buffer) => new BufferedResponse(response.request, response.status, response.headers, new Uint8Array(buffer))
  )

/** The transport over a raw client. */
export const make = (raw: HttpClient.HttpClient, options: TransportOptions): Transport => {
  const basePath = new URL(options.baseUrl).pathname.replace(/\/$/, "")
  const secretHeaders = ["x-auth-key", /^x-developer-/, ...Object.keys(options.headers)]
  const base = (options.transformClient ?? ((client: HttpClient.HttpClient) => client))(
    HttpClient.withTracerPropagation(raw, false)
  )
  const prepared = base.pipe(
    HttpClient.mapRequestInput((request) =>
      HttpClientRequest.setHeaders(request, {
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${Redacted.value(options.apiKey)}` }),
        ...options.headers
      })
    )
  )
  const send = followRedirects(prepared)

  return (request) => {
    const asked: Asked = { method: request.method, path: `${basePath}${request.url}` }
    return send(HttpClientRequest.prependUrl(request, options.baseUrl)).pipe(
      Effect.flatMap(read),
      Effect.mapError((error) => connectionError(error, asked)),
      Effect.timeoutFail({
        duration: options.total,
        onTimeout: () =>
          new TimeoutError({
            message: `${asked.method} ${asked.path} took longer than ${Duration.format(options.total)}. Raise \`timeout\` if the answer may take that long.`,
            phase: "total",
            ...asked
          })
      }),
      Effect.flatMap((response) =>
        response.status >= 200 && response.status < 300
          ? Effect.succeed(response)
          : Effect.flatMap(Clock.currentTimeMillis, (now) =>
              Effect.fail(answerError(response, asked, options.apiKey, now))
            )
      ),
      Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, ...secretHeaders])
    )
  }
}
