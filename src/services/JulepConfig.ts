import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { JulepConfigError } from "../schema/Errors.js"
import * as Budgets from "../transport/Budgets.js"
import type { TimeoutOption } from "../transport/RequestOptions.js"
import * as RetryPolicy from "../transport/RetryPolicy.js"

/** How to reach a server: read by every manager. */
export class JulepConfig extends Context.Tag("effect-julep/JulepConfig")<JulepConfig, JulepConfig.Service>() {}

export declare namespace JulepConfig {
  /** What a caller may say. What is left out comes from the environment, then from the defaults. */
  interface Options {
    /** The key, sent as `Authorization: Bearer <key>`. Default: `JULEP_API_KEY`. */
    readonly apiKey?: string | Redacted.Redacted | undefined
    /** The API's base URL, http or https. Its path is kept, trailing slashes are dropped. Default: `JULEP_API_URL`. */
    readonly baseUrl?: string | URL | undefined
    /**
     * Time budgets; a number is milliseconds, a bare duration the total of a unary call. Default: `JULEP_TIMEOUT` (a
     * duration with a unit, such as `30 seconds`), else 300 seconds in total, and for streams 300 seconds until the
     * headers and between two pieces.
     */
    readonly timeout?: TimeoutOption | undefined
    /** `false` for one attempt, or a policy. Default: `RetryPolicy.standard`, two retries of what is safe to repeat. */
    readonly retry?: false | RetryPolicy.RetryPolicy | undefined
    /** Headers of every request, to the API and to `/v1` alike. */
    readonly headers?: Readonly<Record<string, string>> | undefined
    /** Wraps the HTTP client under authentication and headers: proxies, logging, tests. */
    readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
  }

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

const fail = (message: string) => Either.left(new JulepConfigError({ message }))

const badUrl = (fault: string) => fail(`The base URL (\`baseUrl\` or JULEP_API_URL) ${fault}.`)

/** A token and a value without control characters, as RFC 9110 has them. */
const isHeader = (name: string, value: string) =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value)

const state = (value: unknown) => (value === undefined ? "is not set" : "is set")

const missing = (key: unknown, url: unknown) =>
  fail(
    [
      `A Julep client needs a key and a URL: JULEP_API_KEY ${state(key)}, JULEP_API_URL ${state(url)}. Either`,
      "  1. set both variables in the environment,",
      '  2. pass them: { apiKey: "...", baseUrl: "https://host/api" }, or',
      '  3. need neither: Embedded.layer() from "effect-julep/embedded" answers in process.'
    ].join("\n")
  )

/**
 * The configuration that options amount to, or what is wrong with them: a missing or blank key or URL, a URL that is
 * not http or https, headers that HTTP cannot carry, a negative timeout.
 */
export const make = (options: JulepConfig.Options): Either.Either<JulepConfig.Service, JulepConfigError> => {
  const { apiKey, baseUrl, timeout } = options
  if (apiKey === undefined || baseUrl === undefined) return missing(apiKey, baseUrl)
  const key = Redacted.isRedacted(apiKey) ? Redacted.value(apiKey) : apiKey
  if (key.trim() === "") return fail("The API key is blank. Give a key, or leave it out to read JULEP_API_KEY.")
  if (/[^\x21-\x7e]/.test(key.trim())) {
    return fail("The API key holds spaces, line breaks or other characters that a header cannot carry.")
  }
  if (String(baseUrl).trim() === "") {
    return fail("The base URL is blank. Give one, or leave it out to read JULEP_API_URL.")
  }
  if (!URL.canParse(String(baseUrl))) return badUrl("is not a URL")
  const url = new URL(baseUrl)
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return badUrl(`must begin with http:// or https://, not ${url.protocol}//`)
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return badUrl("must not hold credentials, a query or a fragment, because it is written in errors and logs")
  }
  const header = Object.entries(options.headers ?? {}).find(([name, value]) => !isHeader(name, value))?.[0]
  if (header !== undefined) return fail(`HTTP cannot carry the header ${JSON.stringify(header)} as it is given.`)
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
