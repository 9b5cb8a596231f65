/**
 * How a request travels: base URL, key and headers, same-origin redirects, budgets and retries, and every way it can
 * fail told apart. What comes out is a 2xx whose body is in memory or, of a stream, arrives piece by piece.
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { InvalidRequest, type RequestError, StreamInterrupted } from "../schema/Errors.js"
import * as Budgets from "./Budgets.js"
import { BufferedResponse } from "./BufferedResponse.js"
import { connectionError } from "./connection.js"
import { before } from "./deadline.js"
import { type Asked, answerError, requestIdOf, retryAfterOf } from "./errors.js"
import { CurrentRequestOptions, type RequestOptions, ResponseListener } from "./RequestOptions.js"
import { nextDelay, type RetryPolicy } from "./RetryPolicy.js"
import { scrub } from "./redact.js"
import { followRedirects } from "./redirects.js"

/** What the transport needs to know. */
export interface TransportOptions {
  readonly baseUrl: string
  /** Sent as a bearer token; an endpoint may need none. */
  readonly apiKey: Redacted.Redacted | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly timeout: Budgets.Budgets
  readonly retry: false | RetryPolicy
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/** The two ways to send a request. Both fail with `RequestError`s alone. */
export interface Transport {
  /** Sends it and reads the whole 2xx answer. */
  readonly send: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<BufferedResponse, RequestError>
  /**
   * Sends it and gives the bytes of the 2xx answer as they come. Retries end with the first byte. An answer that breaks
   * off is `StreamInterrupted`, whose text is for those to tell who can read the bytes.
   */
  readonly stream: (request: HttpClientRequest.HttpClientRequest) => Stream.Stream<Uint8Array, RequestError>
  /** A path as it is asked for, the base URL's own path before it. */
  readonly pathOf: (path: string) => string
  /** A text of the server's, the key removed. */
  readonly scrub: (text: string) => string
}

const buffer = (response: HttpClientResponse.HttpClientResponse, body: Uint8Array) =>
  new BufferedResponse(response.request, response.status, response.headers, body)

const concat = (pieces: Chunk.Chunk<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(Chunk.reduce(pieces, 0, (length, piece) => length + piece.length))
  let offset = 0
  for (const piece of pieces) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}

/** A connection that is lost while an answer streams. Lost before it, it stays a `ConnectionError`. */
const brokenOff = (error: RequestError): RequestError =>
  error._tag === "ConnectionError"
    ? new StreamInterrupted({ message: error.message, text: "", method: error.method, path: error.path })
    : error

const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** A failed attempt, and how long the server asks to wait. */
interface Failed {
  readonly error: RequestError
  readonly retryAfter?: number | undefined
}

/** Everything one call goes by: what was asked, and the client's options under the caller's. */
interface Call {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly asked: Asked
  readonly budgets: Budgets.Budgets
  readonly retry: false | RetryPolicy
  readonly idempotent: boolean
}

const silent = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Where nobody takes spans, the HTTP client makes none of its own: they cost as much as a quarter of a request. */
const heard = <A, E, R>(sent: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.tracerWith((tracer) =>
    tracer === silent ? Effect.locally(sent, HttpClient.currentTracerDisabledWhen, () => true) : sent
  )

/** The transport over a raw client. */
export const make = (raw: HttpClient.HttpClient, options: TransportOptions): Transport => {
  const basePath = new URL(options.baseUrl).pathname.replace(/\/$/, "")
  const transform = options.transformClient ?? ((client: HttpClient.HttpClient) => client)
  const execute = followRedirects(transform(HttpClient.withTracerPropagation(raw, false)))
  const authorization =
    options.apiKey === undefined ? {} : { authorization: `Bearer ${Redacted.value(options.apiKey)}` }

  const pathOf = (path: string) => `${basePath}${path}`

  const prepare = (
    request: HttpClientRequest.HttpClientRequest,
    given: RequestOptions
  ): Either.Either<Call, InvalidRequest> =>
    Either.mapBoth(Budgets.make(given.timeout), {
      onLeft: (message) => new InvalidRequest({ message, issues: [{ path: "timeout", message }] }),
      onRight: (budgets) => ({
        asked: { method: request.method, path: pathOf(request.url) },
        budgets: Budgets.over(options.timeout, budgets),
        retry: given.retry ?? options.retry,
        idempotent: given.idempotencyKey !== undefined,
        request: request.pipe(
          HttpClientRequest.prependUrl(options.baseUrl),
          HttpClientRequest.setHeaders({
            ...authorization,
            ...options.headers,
            ...given.headers,
            ...(given.idempotencyKey === undefined ? {} : { "idempotency-key": given.idempotencyKey })
          })
        )
      })
    })

  const within = <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    phase: "headers" | "total",
    duration: Duration.Duration | undefined,
    asked: Asked
  ) =>
    duration === undefined || !Duration.isFinite(duration)
      ? effect
      : before(effect, duration, () => Budgets.exceeded(phase, duration, asked))

  /** The bytes of a body, each piece within the idle budget. */
  const bytes = (response: HttpClientResponse.HttpClientResponse, call: Call, idle: Duration.Duration | undefined) => {
    const body = Stream.mapError(response.stream, (error): RequestError => connectionError(error, call.asked))
    if (idle === undefined) return body
    const silent = () => Option.some(Budgets.exceeded("idle", idle, call.asked))
    return Stream.fromPull(Effect.map(Stream.toPull(body), (pull) => before(pull, idle, silent)))
  }

  const read = (response: HttpClientResponse.HttpClientResponse, call: Call, idle: Duration.Duration | undefined) =>
    idle === undefined
      ? response.arrayBuffer.pipe(
          Effect.map((body) => buffer(response, new Uint8Array(body))),
          Effect.mapError((error: HttpClientError.ResponseError): RequestError => connectionError(error, call.asked))
        )
      : Effect.map(Stream.runCollect(bytes(response, call, idle)), (pieces) => buffer(response, concat(pieces)))

  const begin = (call: Call, headers: Duration.Duration | undefined) =>
    within(
      Effect.mapError(heard(execute(call.request)), (error): RequestError => connectionError(error, call.asked)),
      "headers",
      headers,
      call.asked
    )

  const failed = (error: RequestError): Failed => ({ error })

  const refuse = (response: BufferedResponse, call: Call): Effect.Effect<never, Failed> =>
    Effect.flatMap(Effect.zipRight(tell(response), Clock.currentTimeMillis), (now) =>
      Effect.fail({
        error: answerError(response, call.asked, options.apiKey, now),
        retryAfter: retryAfterOf(response, now)
      })
    )

  const repeat = <A>(attempt: Effect.Effect<A, Failed>, call: Call, gone?: A): Effect.Effect<A, RequestError> => {
    const go = (number: number): Effect.Effect<A, RequestError> =>
      Effect.catchAll(attempt, ({ error, retryAfter }) => {
        if (gone !== undefined && number > 1 && error._tag === "NotFound") return Effect.succeed(gone)
        if (call.retry === false) return Effect.fail(error)
        const tried = { method: call.request.method, number, error, retryAfter, idempotent: call.idempotent }
        return Effect.flatMap(
          nextDelay(call.retry, tried),
          Option.match({
            onNone: () => Effect.fail(error),
            onSome: (delay) =>
              noteRetry(error, number, delay).pipe(
                Effect.zipRight(Effect.sleep(delay)),
                Effect.zipRight(go(number + 1))
              )
          })
        )
      })
    return go(1)
  }

  const tell = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
    Effect.flatMap(ResponseListener, (listen) => {
      const requestId = requestIdOf(response, options.apiKey)
      listen({ status: response.status, headers: response.headers, requestId })
      return Effect.annotateCurrentSpan({
        "http.response.status_code": response.status,
        ...(requestId === undefined ? {} : { "julep.request_id": requestId })
      })
    })

  const secretHeaders = ["x-auth-key", /^x-developer-/, ...Object.keys(options.headers)]
  type Names = ReadonlyArray<string | RegExp>
  let last: readonly [before: Names, after: Names] = [[], secretHeaders]
  /** The names around are nearly always the same ones. */
  const withSecrets = (names: Names): Names => {
    if (last[0] !== names) last = [names, [...names, ...secretHeaders]]
    return last[1]
  }
  const hidden = <A, E, R>(effect: Effect.Effect<A, E, R>, { headers }: RequestOptions): Effect.Effect<A, E, R> =>
    Effect.locallyWith(effect, Headers.currentRedactedNames, (names) =>
      headers === undefined ? withSecrets(names) : [...withSecrets(names), ...Object.keys(headers)]
    )

  return {
    pathOf,
    scrub: (text) => scrub(text, options.apiKey),
    send: (request) =>
      Effect.flatMap(CurrentRequestOptions, (given) => {
        const prepared = prepare(request, given)
        if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
        const call = prepared.right
        const budgets = Budgets.unary(call.budgets)
        const attempt = begin(call, budgets.headers).pipe(
          Effect.flatMap((response) => read(response, call, budgets.idle)),
          Effect.mapError(failed),
          Effect.flatMap((response) => (isSuccess(response.status) ? Effect.succeed(response) : refuse(response, call)))
        )
        // A delete that was lost on its way back has done its work when the next attempt finds nothing.
        const gone =
          request.method === "DELETE"
            ? new BufferedResponse(call.request, 204, Headers.empty, new Uint8Array())
            : undefined
        return repeat(attempt, call, gone).pipe(
          (sent) => within(sent, "total", budgets.total, call.asked),
          Effect.tap(tell),
          (sent) => hidden(sent, given)
        )
      }),
    stream: (request) =>
      Stream.unwrap(
        Effect.flatMap(CurrentRequestOptions, (given) => {
          const prepared = prepare(request, given)
          if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
          const call = prepared.right
          const budgets = Budgets.streaming(call.budgets)
          const attempt = Effect.flatMap(Effect.mapError(begin(call, budgets.headers), failed), (response) =>
            isSuccess(response.status)
              ? Effect.succeed(response)
              : Effect.flatMap(Effect.mapError(read(response, call, budgets.idle), failed), (body) =>
                  refuse(body, call)
                )
          )
          return repeat(attempt, call).pipe(
            Effect.tap(tell),
            Effect.map((response) => Stream.mapError(bytes(response, call, budgets.idle), brokenOff)),
            (sent) => hidden(sent, given)
          )
        })
      )
  }
}

const noteRetry = (error: RequestError, attempt: number, delay: Duration.Duration): Effect.Effect<void> =>
  Effect.flatMap(Effect.option(Effect.currentSpan), (span) =>
    Option.isNone(span)
      ? Effect.void
      : Effect.map(Clock.currentTimeNanos, (now) =>
          span.value.event("retry", now, { attempt, error: error._tag, delay_ms: Duration.toMillis(delay) })
        )
  )
