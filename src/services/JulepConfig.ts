/**
 * The tag of the configuration and its checks. `layers/JulepConfig.ts` subclasses the tag under the same key and adds the
 * layers that users import.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { JulepConfigError } from "../schema/Errors.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import * as Budgets from "../transport/Budgets.js"
import { headersFault } from "../transport/headers.js"
import type { TimeoutOption } from "../transport/RequestOptions.js"
import * as RetryPolicy from "../transport/RetryPolicy.js"

/** How to reach a server: read by every manager. */
export class JulepConfig extends Context.Tag("effect-julep/JulepConfig")<JulepConfig, JulepConfig.Service>() {}

export declare namespace JulepConfig {
  /** How to reach a server. Omitted options come from the environment, else from the defaults. */
  interface Options {
    /** The key, sent as `Authorization: Bearer <key>`. Default: `JULEP_API_KEY`. */
    readonly apiKey?: string | Redacted.Redacted | undefined
    /** The API's base URL, http or https. Its path is kept; trailing slashes are dropped. Default: `JULEP_API_URL`. */
    readonly baseUrl?: string | URL | undefined
    /**
     * Time budgets. A number is milliseconds; a bare duration is the total of a unary call. Default: `JULEP_TIMEOUT` (a
     * duration with a unit, such as `30 seconds`), else 300 seconds in total for unary calls, and 300 seconds for the
     * headers and between two chunks for streams.
     */
    readonly timeout?: TimeoutOption | undefined
    /** `false` for one attempt, or a policy. Default: `RetryPolicy.standard`, two retries of requests that are safe to repeat. */
    readonly retry?: false | RetryPolicy.RetryPolicy | undefined
    /** Headers of every request, to the API and to `/v1`. */
    readonly headers?: Readonly<Record<string, string>> | undefined
    /** Wraps the HTTP client that sends requests with their key and headers: for proxies, logging and tests. */
    readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  }

  /** A checked configuration. */
  interface Service {
    readonly apiKey: Redacted.Redacted
    /** Without a trailing slash. */
    readonly baseUrl: string
    readonly timeout: Budgets.Budgets
    readonly retry: false | RetryPolicy.RetryPolicy
    readonly headers: Readonly<Record<string, string>>
    readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  }
}

const OPTIONS: OptionNames<JulepConfig.Options> = {
  apiKey: true,
  baseUrl: true,
  timeout: true,
  retry: true,
  headers: true,
  transformClient: true
}

const fail = (message: string) => Either.left(new JulepConfigError({ message }))

const badUrl = (fault: string) => fail(`The base URL (\`baseUrl\` or JULEP_API_URL) ${fault}.`)

const state = (value: unknown) => (value === undefined ? "is not set" : "is set")

const missing = (key: unknown, url: unknown) =>
  fail(
    [
      `A Julep client needs a key and a URL: JULEP_API_KEY ${state(key)}, JULEP_API_URL ${state(url)}. Either`,
      "  1. set both in the environment,",
      '  2. pass them: { apiKey: "...", baseUrl: "https://host/api" }, or',
      '  3. need neither: Embedded.layer() from "effect-julep/embedded" and Client.embedded() answer in process.'
    ].join("\n")
  )

/**
 * Checks options. The error of invalid ones names an unknown option, a missing or blank key or URL, a URL that is not http or https, a header
 * that HTTP cannot carry, or a timeout that is not above zero.
 */
export const make = (options: JulepConfig.Options): Either.Either<JulepConfig.Service, JulepConfigError> => {
  const { apiKey, baseUrl, timeout } = options
  const unknown = unknownOption("a client", options, OPTIONS)
  if (unknown !== undefined) {
    const advice = unknown.name === "storage" ? " Embedded.layer() and Client.embedded() take it." : ""
    return fail(unknown.message + advice)
  }
  if (apiKey === undefined || baseUrl === undefined) return missing(apiKey, baseUrl)
  const key = Redacted.isRedacted(apiKey) ? Redacted.value(apiKey) : apiKey
  if (key.trim() === "") return fail("The API key is blank. Give one, or leave it out to read JULEP_API_KEY.")
  if (/[^\x21-\x7e]/.test(key.trim())) {
    return fail(
      "The API key must be printable ASCII, because it is sent in a header: remove spaces and other characters."
    )
  }
  if (String(baseUrl).trim() === "") {
    return fail("The base URL is blank. Give one, or leave it out to read JULEP_API_URL.")
  }
  if (!URL.canParse(String(baseUrl))) return badUrl("is not a URL. Write it as https://host/api")
  const url = new URL(baseUrl)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return badUrl(`must begin with http:// or https://, not ${url.protocol}//`)
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return badUrl("must not hold credentials, a query or a fragment, because errors and logs show it")
  }
  const header = headersFault(options.headers ?? {})
  if (header !== undefined) return fail(header)
  const budgets = Budgets.make(timeout)
  if (Either.isLeft(budgets)) return fail(budgets.left)
  return Either.right({
    apiKey: Redacted.make(key.trim()),
    baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    timeout: budgets.right,
    retry: options.retry ?? RetryPolicy.standard,
    headers: options.headers ?? {},
    transformClient: options.transformClient
  })
}
