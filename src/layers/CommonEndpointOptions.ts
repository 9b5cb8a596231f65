/** The options that an endpoint of a model and one of embeddings share, and their checks. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Endpoint from "../engine/model/openai/Endpoint.js"
import { JulepConfigError } from "../schema/Errors.js"
import type { JsonObject } from "../schema/Field.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import type { RetryPolicy } from "../services/RequestOptions.js"
import * as Budgets from "../transport/Budgets.js"
import { headersFault } from "../transport/headers.js"
import type { TimeoutOption } from "../transport/RequestOptions.js"
import { httpUrl } from "./environment.js"

/** How the engine calls an endpoint. */
export interface CommonEndpointOptions {
  /**
   * The base URL, usually ending in `/v1`. A URL that ends in the path of a request, such as `/chat/completions`, works as
   * well, and parameters such as `?api-version=2024-06-01` go with every request.
   */
  readonly url: string
  /** The key, sent as `Authorization: Bearer <key>`. Default: none is sent. */
  readonly apiKey?: string | Redacted.Redacted | undefined
  /** Headers of every request. A header `Authorization` replaces that of `apiKey`. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Members of the body of every request, such as `{ reasoning_effort: "low" }`; what a request sets itself replaces them.
   * It may not hold `model`, `messages`, `tools`, `stream`, `n` or `response_format`, nor `input` for an embedder,
   * nor `query`, `texts` or `documents` for a reranker.
   * Default: none.
   */
  readonly extra?: JsonObject | undefined
  /** Members that no body has, because the endpoint refuses them, such as `["seed"]`. Default: none. */
  readonly omit?: ReadonlyArray<string> | undefined
  /**
   * Time budgets of a request; a number is milliseconds. A duration bounds the whole request with its retries, and the wait
   * for a streamed reply to begin. Default: 300 seconds until a response begins, for each attempt, and 300 seconds between
   * two chunks of it. A request that runs out of time is not repeated.
   */
  readonly timeout?: TimeoutOption | undefined
  /**
   * `false` for one attempt, or a policy. Default: two retries after 408, 429, 5xx and lost connections, until the first
   * byte of the response, after half a second and a second or the pause that the endpoint asks for, up to 60 seconds.
   */
  readonly retry?: false | RetryPolicy.RetryPolicy | undefined
  /** How many requests run at a time, a whole number from 1; others wait in the order of their calls. Default: no limit. */
  readonly maxConcurrency?: number | undefined
}

/** Members that the engine writes itself. */
const reserved = [
  "model",
  "messages",
  "input",
  "inputs",
  "query",
  "texts",
  "documents",
  "tools",
  "stream",
  "n",
  "response_format"
]
/** Members without which a request says nothing. */
const needed = ["model", "messages", "input", "inputs", "query", "texts", "documents", "stream"]

const quoted = (value: unknown): string => JSON.stringify(value) ?? String(value)

const listOf = (names: ReadonlyArray<string>): string => names.map((name) => `"${name}"`).join(", ")

/** What is wrong with the options under these names, if anything is. */
const faultOf = (at: string, options: CommonEndpointOptions): string | undefined => {
  const { extra, headers = {}, maxConcurrency, omit, retry } = options
  const header = headersFault(headers)
  if (header !== undefined) return `${at}.headers: ${header}`
  if (extra !== undefined && (!Predicate.isReadonlyRecord(extra) || Array.isArray(extra))) {
    return `${at}.extra must be an object such as { reasoning_effort: "low" }, not ${quoted(extra)}.`
  }
  const own = Object.keys(extra ?? {}).filter((name) => reserved.includes(name))
  if (own.length > 0) {
    return `${at}.extra must not hold ${listOf(own)}, because the engine writes that itself. Remove it.`
  }
  if (omit !== undefined && !(Array.isArray(omit) && omit.every(Predicate.isString))) {
    return `${at}.omit must be a list of names such as ["seed"], not ${quoted(omit)}.`
  }
  const missed = (omit ?? []).filter((name) => needed.includes(name))
  if (missed.length > 0) return `${at}.omit must not hold ${listOf(missed)}, because every request needs it.`
  if (retry !== undefined && retry !== false && !Predicate.isFunction(Object(retry).while)) {
    return `${at}.retry must be false or a policy such as { ...RetryPolicy.standard, times: 5 }, not ${quoted(retry)}.`
  }
  if (maxConcurrency !== undefined && !(Number.isSafeInteger(maxConcurrency) && maxConcurrency > 0)) {
    return `${at}.maxConcurrency must be a whole number from 1, not ${maxConcurrency}.`
  }
  return undefined
}

/** The key without blanks around it, as it is sent; a blank one is none. */
const keyOf = (at: string, given: CommonEndpointOptions["apiKey"]) => {
  const key = (Redacted.isRedacted(given) ? Redacted.value(given) : (given ?? "")).trim()
  if (/[^\x21-\x7e]/.test(key)) {
    return Either.left(`${at}.apiKey must hold printable ASCII characters only, because it is sent in a header.`)
  }
  return Either.right(key === "" ? undefined : Redacted.make(key))
}

/** A `total` also bounds the wait for the headers, because a streamed reply has no other total. */
const budgetsOf = (at: string, timeout: CommonEndpointOptions["timeout"]) =>
  Either.mapBoth(Budgets.make(timeout), {
    onLeft: (message) => `${at}.${message}`,
    onRight: (budgets): Budgets.Budgets => ({ ...budgets, headers: budgets.headers ?? budgets.total })
  })

/** A duration above zero, or what is wrong with it. */
export const durationOf = (name: string, input: Duration.DurationInput): Either.Either<Duration.Duration, string> => {
  const duration = Duration.decodeUnknown(input)
  return duration._tag === "Some" && Duration.greaterThan(duration.value, Duration.zero)
    ? Either.right(duration.value)
    : Either.left(`${name} must be a duration above zero such as "3 seconds", not ${quoted(input)}.`)
}

/** The names of these options, for an endpoint that has more. */
export const COMMON_OPTIONS: OptionNames<CommonEndpointOptions> = {
  url: true,
  apiKey: true,
  headers: true,
  extra: true,
  omit: true,
  timeout: true,
  retry: true,
  maxConcurrency: true
}

/** Checks the options of `model`, `embedder` or `rerank`; `what` describes the URL, with the variables that may hold it. */
export const check = <Options extends CommonEndpointOptions>(
  at: "model" | "embedder" | "rerank",
  what: string,
  options: Options,
  names: OptionNames<NoInfer<Options>>
): Effect.Effect<Endpoint.EndpointOptions, JulepConfigError> =>
  Effect.gen(function* () {
    const unknown = unknownOption(at, options, names)
    if (unknown !== undefined) return yield* Effect.fail(unknown.message)
    const url = yield* httpUrl(what, options.url)
    const { password, username } = new URL(url)
    if (username !== "" || password !== "") {
      return yield* Effect.fail(`The URL of ${what} must not hold credentials. Give them as \`apiKey\` or \`headers\`.`)
    }
    const fault = faultOf(at, options)
    if (fault !== undefined) return yield* Effect.fail(fault)
    const apiKey = yield* keyOf(at, options.apiKey)
    const timeout = yield* budgetsOf(at, options.timeout)
    const { extra, headers, maxConcurrency, omit, retry } = options
    return { url, apiKey, headers, extra, omit, timeout, retry, maxConcurrency }
  }).pipe(Effect.mapError((fault) => (Predicate.isString(fault) ? new JulepConfigError({ message: fault }) : fault)))
