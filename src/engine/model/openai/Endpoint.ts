/** An endpoint of OpenAI's API: where it is, how it is called, and what every request to it holds. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RequestError } from "../../../schema/Errors.js"
import type { JsonObject } from "../../../schema/Field.js"
import * as Budgets from "../../../transport/Budgets.js"
import { BufferedResponse } from "../../../transport/BufferedResponse.js"
import * as RetryPolicy from "../../../transport/RetryPolicy.js"
import type { Redact } from "../../../transport/redact.js"
import * as Relay from "../../../transport/relay.js"
import * as Transport from "../../../transport/Transport.js"
import type { RelayRequest } from "../../ports/Model.js"
import { ConcurrencyLimit } from "../ConcurrencyLimit.js"
import * as BodyLimit from "./BodyLimit.js"
import { Refusals } from "./Refusals.js"

/** How to call an endpoint. */
export interface EndpointOptions {
  /** The base URL, usually ending in `/v1`. A path of the API at its end is removed; its query goes with every request. */
  readonly url: string
  readonly apiKey: Redacted.Redacted | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Members of every body; those of the request itself replace them. */
  readonly extra?: JsonObject | undefined
  /** Members that no body has. */
  readonly omit?: ReadonlyArray<string> | undefined
  readonly timeout?: Budgets.Budgets | undefined
  readonly retry?: false | RetryPolicy.RetryPolicy | undefined
  readonly maxConcurrency?: number | undefined
}

/** A model may think for minutes before its first byte, and pause between two. */
const IDLE_TIMEOUT = Duration.minutes(5)

const budgets: Budgets.Budgets = { headers: IDLE_TIMEOUT, idle: IDLE_TIMEOUT, total: Duration.infinity }

/** The standard policy, but an endpoint that was waited for in vain is not waited for again. */
const retryPolicy: RetryPolicy.RetryPolicy = {
  ...RetryPolicy.standard,
  while: (error) => error._tag !== "TimeoutError" && RetryPolicy.standard.while(error)
}

/**
 * Paths that users paste with the base URL, and that requests add themselves. `/models` without a version before it is a
 * base URL of Azure's.
 */
const pasted = /\/(?:chat\/completions|completions|responses|embeddings|embed|rerank|(?<=\/v\d[^/]*\/)models)$/

/** The base URL, the host and the parameters of the query of a URL. */
const splitUrl = (text: string) => {
  const url = new URL(text)
  const path = url.pathname.replace(/\/+$/, "").replace(pasted, "").replace(/\/+$/, "")
  return { base: `${url.origin}${path}`, host: url.host, query: [...url.searchParams] }
}

/** An endpoint, ready for requests. */
export interface Endpoint {
  readonly host: string
  /** The base URL, without the query, which may hold a key. */
  readonly base: string
  /** The path of a request as it is sent. */
  readonly pathOf: (path: string) => string
  /** Removes the key and the values of the headers from a text that the endpoint sent. */
  readonly redact: Redact
  /** Whether a failed request is repeated. */
  readonly retries: boolean
  /** Sends a request once, as it is but for `extra` and `omit`, and succeeds whatever the status: see {@link Relay.Relay}. */
  readonly relay: (
    request: RelayRequest
  ) => Effect.Effect<BufferedResponse | Relay.OpenResponse, RequestError, Scope.Scope>
  readonly get: (path: string) => Effect.Effect<BufferedResponse, RequestError>
  /** The pause before another attempt after an error in the body of a 200; `number` counts the attempts from 1. */
  readonly pauseAfter: (error: RequestError, number: number) => Effect.Effect<Option.Option<Duration.Duration>>
  /** Posts a body, once or as often as the retry policy says. */
  readonly post: (path: string, body: JsonObject, once?: boolean) => Effect.Effect<BufferedResponse, RequestError>
  /** Posts a body and streams the response, as `open` reads it. */
  readonly stream: <A>(
    open: (transport: Transport.Transport) => (body: JsonObject) => Stream.Stream<A, RequestError>
  ) => (body: JsonObject, once?: boolean) => Stream.Stream<A, RequestError>
}

/** `optional`: the members that the engine adds to a body by itself, which are left out once the endpoint refuses them. */
export const make = (
  raw: HttpClient.HttpClient,
  options: EndpointOptions,
  optional: ReadonlyArray<string>
): Endpoint => {
  const { base, host, query } = splitUrl(options.url)
  const { extra, maxConcurrency, omit = [], retry = retryPolicy } = options
  const given: Transport.TransportOptions = {
    baseUrl: base,
    apiKey: options.apiKey,
    headers: options.headers ?? {},
    timeout: Budgets.over(budgets, options.timeout ?? {}),
    retry,
    // A request to a model writes nothing.
    repeatsPosts: true,
    transformClient: (client) =>
      BodyLimit.client(
        query.length === 0 ? client : HttpClient.mapRequest(client, HttpClientRequest.setUrlParams(query))
      )
  }
  const repeating = Transport.make(raw, given)
  const once: Transport.TransportOptions = { ...given, retry: false }
  const single = Transport.make(raw, once)
  const relay = Relay.make(raw, once)
  const limit = maxConcurrency === undefined ? undefined : new ConcurrencyLimit(maxConcurrency)
  const refusals = new Refusals(optional)
  const omitted = new Set(omit)

  const bodyOf = (body: JsonObject): JsonObject => {
    const whole = extra === undefined ? body : { ...extra, ...body }
    if (omitted.size === 0) return whole
    return Object.fromEntries(Object.entries(whole).filter(([name]) => !omitted.has(name)))
  }

  return {
    host,
    base,
    pathOf: repeating.pathOf,
    redact: repeating.redact,
    retries: retry !== false,
    pauseAfter: (error, number) => {
      if (retry === false) return Effect.succeedNone
      const retryAfter = "retryAfter" in error ? error.retryAfter : undefined
      const attempt = { method: "POST", number, error, retryAfter, shouldRetry: undefined, idempotent: true }
      return RetryPolicy.nextDelay(retry, attempt)
    },
    relay: ({ body, path }) => {
      const streamed = body?.["stream"] === true
      const request =
        body === undefined
          ? HttpClientRequest.get(path)
          : HttpClientRequest.post(path).pipe(
              HttpClientRequest.setBody(HttpBody.unsafeJson(bodyOf(body))),
              HttpClientRequest.setHeader("accept", streamed ? "text/event-stream" : "application/json")
            )
      const streams = (headers: Readonly<Record<string, string>>) =>
        streamed && !/\bjson\b/i.test(headers["content-type"] ?? "")
      const sent = Effect.map(BodyLimit.orFail(relay(request, streams)), (response) =>
        response instanceof BufferedResponse
          ? response
          : { ...response, pieces: BodyLimit.streamOrFail(response.pieces) }
      )
      return limit === undefined ? sent : Effect.zipRight(limit.permit, sent)
    },
    get: (path) => BodyLimit.orFail(repeating.send(HttpClientRequest.get(path))),
    post: (path, body, once = false) => {
      const whole = bodyOf(body)
      const transport = once ? single : repeating
      const attempt: Effect.Effect<BufferedResponse, RequestError> = Effect.suspend(() => {
        const sent = refusals.fit(whole)
        const request = HttpClientRequest.post(path).pipe(HttpClientRequest.setBody(HttpBody.unsafeJson(sent)))
        return Effect.catchAll(BodyLimit.orFail(transport.send(request)), (error) =>
          refusals.learn(sent, error) ? attempt : Effect.fail(error)
        )
      })
      return limit === undefined ? attempt : Effect.scoped(Effect.zipRight(limit.permit, attempt))
    },
    stream: <A>(open: (transport: Transport.Transport) => (body: JsonObject) => Stream.Stream<A, RequestError>) => {
      const opened = { repeating: open(repeating), single: open(single) }
      return (body, once = false) => {
        const whole = bodyOf(body)
        const attempt: Stream.Stream<A, RequestError> = Stream.suspend(() => {
          const sent = refusals.fit(whole)
          const streamed = BodyLimit.streamOrFail((once ? opened.single : opened.repeating)(sent))
          return Stream.catchAll(streamed, (error) => (refusals.learn(sent, error) ? attempt : Stream.fail(error)))
        })
        return limit === undefined ? attempt : Stream.unwrapScoped(Effect.as(limit.permit, attempt))
      }
    }
  }
}
