/**
 * Sends requests: base URL, key and headers, same-origin redirects, time budgets, retries, and a typed error for each way
 * to fail. The result is a 2xx response: its whole body in memory, or a stream of its bytes.
 */
import * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type InvalidRequest, notSent, type RequestError, type WriteError } from "../schema/Errors.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import * as Budgets from "./Budgets.js"
import { BufferedResponse } from "./BufferedResponse.js"
import { begun, brokenOff, bytesOf, readWhole } from "./bodies.js"
import { connectionError } from "./connection.js"
import { withDeadline } from "./deadline.js"
import { answerError, type Call, type Failed, requestIdOf } from "./errors.js"
import { CurrentRequestOptions, type RequestOptions, ResponseListener } from "./RequestOptions.js"
import { nextDelay, type RetryPolicy } from "./RetryPolicy.js"
import { type Redact, redactor } from "./redact.js"
import { followRedirects } from "./redirects.js"
import { noteRetry, withTracing } from "./tracing.js"

/** The server, and how to reach it. */
export interface TransportOptions {
  readonly baseUrl: string
  /** Sent as a bearer token. Absent for an endpoint that needs none. */
  readonly apiKey: Redacted.Redacted | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly timeout: Budgets.Budgets
  readonly retry: false | RetryPolicy
  /** Whether a POST may be repeated as a GET may, because it writes nothing. Default: false. */
  readonly repeatsPosts?: boolean
  /** What the error of a 404 that names no resource says to check. */
  readonly noRouteAdvice?: string
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/** Two ways to send a request. Only a stream fails with `StreamInterrupted`. */
export interface Transport {
  /** Sends a request and reads the whole 2xx response. */
  readonly send: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<BufferedResponse, WriteError>
  /**
   * Sends a request and emits the bytes of the 2xx response. Nothing is retried after the first byte; a request that may
   * be repeated is retried until then, also after the headers. A response that breaks off is `StreamInterrupted` with empty
   * `text`: the reader of the bytes fills it in.
   */
  readonly stream: (request: HttpClientRequest.HttpClientRequest) => Stream.Stream<Uint8Array, RequestError>
  /** A path below the base URL, as it is requested: the base URL's own path comes first. */
  readonly pathOf: (path: string) => string
  /** Removes the key and the values of the client's headers from a text that the server sent. */
  readonly redact: Redact
  /** The same for a call with options of its own: also the values of its headers. */
  readonly redactFor: (given: RequestOptions) => Redact
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** A request that is ready to be sent, under the client's options and the caller's. */
interface Prepared {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly call: Call
  readonly budgets: Budgets.Budgets
  readonly retry: false | RetryPolicy
  readonly idempotent: boolean
  readonly redact: Redact
}

const OPTIONS: OptionNames<RequestOptions> = { timeout: true, retry: true, headers: true, idempotencyKey: true }

/** The budgets of the options of a call, whose names are checked. */
const checked = (given: RequestOptions): Either.Either<Budgets.Budgets, InvalidRequest> => {
  const unknown = unknownOption("a request", given, OPTIONS)
  return unknown === undefined
    ? Either.mapLeft(Budgets.make(given.timeout), (message) => notSent("timeout", message))
    : Either.left(notSent(unknown.name, unknown.message))
}

/** The parts that every way to send a request is made of, over a raw client. */
export const sender = (raw: HttpClient.HttpClient, options: TransportOptions) => {
  const basePath = new URL(options.baseUrl).pathname.replace(/\/$/, "")
  const transform = options.transformClient ?? ((client: HttpClient.HttpClient) => client)
  const execute = followRedirects(transform(raw))
  const authorization =
    options.apiKey === undefined ? {} : { authorization: `Bearer ${Redacted.value(options.apiKey)}` }

  const redact = redactor(options.apiKey, [options.headers])
  const redactFor = ({ headers }: RequestOptions): Redact =>
    headers === undefined ? redact : redactor(options.apiKey, [options.headers, headers])
  const pathOf = (path: string) => `${basePath}${path}`

  const prepare = (
    request: HttpClientRequest.HttpClientRequest,
    given: RequestOptions
  ): Either.Either<Prepared, InvalidRequest> =>
    Either.map(checked(given), (budgets) => ({
      call: { method: request.method, path: pathOf(request.url) },
      budgets: Budgets.over(options.timeout, budgets),
      retry: given.retry ?? options.retry,
      redact: redactFor(given),
      idempotent: options.repeatsPosts === true || given.idempotencyKey !== undefined,
      request: request.pipe(
        HttpClientRequest.prependUrl(options.baseUrl),
        HttpClientRequest.setHeaders({
          ...authorization,
          ...options.headers,
          ...given.headers,
          ...(given.idempotencyKey === undefined ? {} : { "idempotency-key": given.idempotencyKey })
        })
      )
    }))

  const within = <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    phase: "headers" | "total",
    duration: Duration.Duration | undefined,
    call: Call
  ) =>
    duration === undefined || !Duration.isFinite(duration)
      ? effect
      : withDeadline(effect, duration, () => Budgets.exceeded(phase, duration, call))

  /** Sends the request and waits for the headers of the response. */
  const openResponse = ({ call, request }: Prepared, headers: Duration.Duration | undefined) =>
    within(
      Effect.mapError(withTracing(execute(request)), (error): WriteError => connectionError(error, call)),
      "headers",
      headers,
      call
    )

  /** Passes a response on to the caller's listener and to the current span. */
  const notify = (
    response: BufferedResponse | HttpClientResponse.HttpClientResponse,
    redact: Redact
  ): Effect.Effect<void> =>
    Effect.flatMap(ResponseListener, (listen) => {
      const requestId = requestIdOf(response, redact)
      listen({ status: response.status, headers: response.headers, requestId })
      return Effect.annotateCurrentSpan({
        "http.response.status_code": response.status,
        ...(requestId === undefined ? {} : { "julep.request_id": requestId })
      })
    })

  const secretHeaders = ["x-auth-key", /^x-developer-/, ...Object.keys(options.headers)]
  type Names = ReadonlyArray<string | RegExp>
  let last: readonly [before: Names, after: Names] = [[], secretHeaders]
  /** The redacted names of the caller rarely change, so the last list is kept. */
  const withSecrets = (names: Names): Names => {
    if (last[0] !== names) last = [names, [...names, ...secretHeaders]]
    return last[1]
  }
  /** Keeps the headers that may hold secrets out of spans. */
  const withRedaction = <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    { headers }: RequestOptions
  ): Effect.Effect<A, E, R> =>
    Effect.locallyWith(effect, Headers.currentRedactedNames, (names) =>
      headers === undefined ? withSecrets(names) : [...withSecrets(names), ...Object.keys(headers)]
    )

  return { notify, openResponse, pathOf, prepare, redact, redactFor, within, withRedaction }
}

/** The transport over a raw client. */
export const make = (raw: HttpClient.HttpClient, options: TransportOptions): Transport => {
  const { notify, openResponse, pathOf, prepare, redact, redactFor, within, withRedaction } = sender(raw, options)
  const { noRouteAdvice } = options

  const failed = (error: WriteError): Failed<WriteError> => ({ error })

  const refuse = (response: BufferedResponse, { call, redact }: Prepared): Effect.Effect<never, Failed<WriteError>> =>
    Effect.flatMap(Effect.zipRight(notify(response, redact), Clock.currentTimeMillis), (now) =>
      Effect.fail(answerError(response, { call, redact, noRouteAdvice, now }))
    )

  /** Repeats an attempt by the retry policy. `alreadyDeleted` is the result of a retry that finds nothing to delete. */
  const repeat = <A, R>(
    attempt: Effect.Effect<A, Failed<WriteError>, R>,
    { call, idempotent, retry }: Prepared,
    alreadyDeleted?: A
  ): Effect.Effect<A, WriteError, R> => {
    const go = (number: number): Effect.Effect<A, WriteError, R> =>
      Effect.catchAll(attempt, ({ error, retryAfter, shouldRetry }) => {
        if (alreadyDeleted !== undefined && number > 1 && error._tag === "NotFound") {
          return Effect.succeed(alreadyDeleted)
        }
        if (retry === false) return Effect.fail(error)
        return Effect.flatMap(
          nextDelay(retry, { method: call.method, number, error, retryAfter, shouldRetry, idempotent }),
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

  return {
    pathOf,
    redact,
    redactFor,
    send: (request) =>
      Effect.flatMap(CurrentRequestOptions, (given) => {
        const prepared = prepare(request, given)
        if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
        const { budgets: own, call, request: sent } = prepared.right
        const budgets = Budgets.unary(own)
        const attempt = openResponse(prepared.right, budgets.headers).pipe(
          Effect.flatMap((response) => readWhole(response, call, budgets.idle)),
          Effect.mapError(failed),
          Effect.flatMap((response) =>
            isSuccess(response.status) ? Effect.succeed(response) : refuse(response, prepared.right)
          )
        )
        // If the response to a delete is lost, the retry finds nothing: the first attempt has deleted it.
        const alreadyDeleted =
          call.method === "DELETE" ? new BufferedResponse(sent, 204, Headers.empty, new Uint8Array()) : undefined
        return repeat(attempt, prepared.right, alreadyDeleted).pipe(
          (effect) => within(effect, "total", budgets.total, call),
          Effect.tap((response) => notify(response, prepared.right.redact)),
          (effect) => withRedaction(effect, given)
        )
      }),
    stream: (request) =>
      Stream.unwrapScoped(
        Effect.flatMap(CurrentRequestOptions, (given) => {
          const prepared = prepare(request, given)
          if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
          const { budgets: own, call, idempotent, retry } = prepared.right
          const budgets = Budgets.streaming(own)
          const opened = Effect.mapError(openResponse(prepared.right, budgets.headers), failed)
          const attempt = Effect.flatMap(opened, (response) => {
            if (!isSuccess(response.status)) {
              const whole = Effect.mapError(readWhole(response, call, budgets.idle), failed)
              return Effect.flatMap(whole, (body) => refuse(body, prepared.right))
            }
            const body = bytesOf(response, call, budgets.idle)
            return Effect.zipRight(
              notify(response, prepared.right.redact),
              idempotent && retry !== false ? begun(body) : Effect.succeed(body)
            )
          })
          return repeat(attempt, prepared.right).pipe(Effect.map(Stream.mapError(brokenOff)), (effect) =>
            withRedaction(effect, given)
          )
        })
      )
  }
}
