/** Maps a response that is not a 2xx to its `JulepError`, for each shape of body that servers are known to send. */
import * as Predicate from "effect/Predicate"
import { type AnswerError, fromAnswer } from "../schema/Errors.js"
import type { Issue } from "../schema/Issue.js"
import { parseJson } from "../schema/parseJson.js"
import type { BufferedResponse } from "./BufferedResponse.js"
import { excerpt, type Redact } from "./redact.js"

/** A member of an object; `undefined` if the value is none. */
export const member = (value: unknown, name: string): unknown =>
  Predicate.isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined

/** A text that is not empty. */
export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

const MAX_ISSUES = 5
const MAX_MESSAGE = 500

/** The issues that an error of this API names. */
export const issuesIn = (error: unknown, redact: Redact): ReadonlyArray<Issue> | undefined => {
  const own = member(error, "issues")
  return Array.isArray(own)
    ? issuesOf(own).map(({ message, path }) => ({ path: redact(path), message: redact(message) }))
    : undefined
}

const issues = (body: unknown): ReadonlyArray<Issue> | undefined => {
  const own = member(member(body, "error"), "issues")
  const listed = Array.isArray(own) ? own : member(body, "detail")
  return Array.isArray(listed) ? issuesOf(listed) : undefined
}

const issuesOf = (listed: ReadonlyArray<unknown>): ReadonlyArray<Issue> =>
  listed.slice(0, MAX_ISSUES).flatMap((issue) => {
    const location = member(issue, "loc")
    const path = text(member(issue, "path")) ?? (Array.isArray(location) ? location.slice(1).join(".") : "")
    const message = text(member(issue, "message")) ?? text(member(issue, "msg"))
    return message === undefined ? [] : [{ path, message }]
  })

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The last resource and id in a path: doc 2 in `/agents/1/docs/2`, session 1 in `/sessions/1/history`. */
const resourceOf = (path: string): { readonly resource?: string; readonly id?: string } => {
  const segments = path.split("/")
  for (let index = segments.length - 1; index > 0; index--) {
    const id = segments[index]
    const collection = segments[index - 1]
    if (id !== undefined && collection !== undefined && uuid.test(id)) {
      return { resource: collection === "memories" ? "memory" : collection.replace(/s$/, ""), id }
    }
  }
  return {}
}

/** The number in a header; `undefined` if it is empty or not a number. */
const numberOf = (value: string | undefined): number | undefined => {
  const number = value === undefined || value.trim() === "" ? Number.NaN : Number(value)
  return Number.isFinite(number) ? Math.max(0, number) : undefined
}

/**
 * The seconds that an error in a body asks to wait: `retry_after` of this engine's streams, or `retryDelay`, such as
 * `"34.07s"`, of the `RetryInfo` among the details of Google's errors.
 */
export const pauseIn = (error: unknown): number | undefined => {
  const own = member(error, "retry_after")
  if (typeof own === "number" && own >= 0) return own
  const details = member(error, "details")
  if (!Array.isArray(details)) return undefined
  const delay = details.map((detail) => text(member(detail, "retryDelay"))).find((delay) => delay !== undefined)
  return delay === undefined || !/^[\d.]+s$/.test(delay) ? undefined : numberOf(delay.slice(0, -1))
}

/** Google's endpoints send the body of an error as a list of one. */
const soleItem = (json: unknown): unknown => (Array.isArray(json) && json.length === 1 ? json[0] : json)

/** The seconds that a server asks to wait: `retry-after-ms`, or `Retry-After` as a number or a date, or in the body. */
export const retryAfterOf = (
  { headers }: { readonly headers: Readonly<Record<string, string>> },
  error: unknown,
  now: number
): number | undefined => {
  const milliseconds = numberOf(headers["retry-after-ms"])
  if (milliseconds !== undefined) return milliseconds / 1000
  const value = headers["retry-after"]
  if (value === undefined) return pauseIn(error)
  const seconds = numberOf(value)
  if (seconds !== undefined) return seconds
  const date = Date.parse(value)
  return Number.isNaN(date) ? pauseIn(error) : Math.max(0, (date - now) / 1000)
}

const advice: { readonly [Status in number]?: string } = {
  401: "Check the API key.",
  403: "Check the API key."
}

/** A call as errors name it: method and path, never the query. */
export interface Call {
  readonly method: string
  readonly path: string
}

/** The request id of a response, if it has one. */
export const requestIdOf = (
  response: { readonly headers: Readonly<Record<string, string>> },
  redact: Redact
): string | undefined => {
  const requestId = response.headers["x-request-id"] ?? response.headers["request-id"]
  return requestId === undefined ? undefined : redact(requestId)
}

/** A failed attempt, and what the server says about the next one. */
export interface Failed<E> {
  readonly error: E
  /** The seconds to wait before the next attempt. */
  readonly retryAfter?: number | undefined
  /** `false` if the server says that there should be none. */
  readonly shouldRetry?: boolean | undefined
}

/** What an error of a response needs to know beside the response. */
export interface AnswerContext {
  readonly call: Call
  readonly redact: Redact
  /** What to check where the server has no such route: after a 404 that names no resource, a 405 or a 501. */
  readonly noRouteAdvice: string | undefined
  /** In milliseconds since 1970, for a pause that ends at a date. */
  readonly now: number
}

/** The error of a response that is not a 2xx. */
export const answerError = (
  response: BufferedResponse,
  { call, noRouteAdvice, now, redact }: AnswerContext
): Failed<AnswerError> => {
  // Removes secrets before parsing: a server may echo them in any member.
  const redacted = redact(response.bodyText)
  const json = soleItem(parseJson(redacted))
  const error = member(json, "error")
  const code = text(member(error, "code")) ?? text(member(json, "code"))
  const found = response.status === 404 || code === "NOT_FOUND" ? resourceOf(call.path) : {}
  const id = text(member(error, "id")) ?? found.id
  const resource = text(member(error, "resource")) ?? found.resource
  const listed = issues(json)
  const detail =
    text(member(error, "message")) ??
    text(error) ??
    text(member(json, "detail")) ??
    text(member(json, "message")) ??
    (listed !== undefined && listed.length > 0
      ? listed.map(({ path, message }) => `${path}: ${message}`).join("; ")
      : undefined)
  const answered = [
    `${call.method} ${call.path} returned ${response.status}`,
    detail === undefined ? "" : `: ${detail.slice(0, MAX_MESSAGE)}`,
    response.status >= 300 && response.status < 400 ? redirectAdvice(response) : ""
  ].join("")
  const noRoute =
    response.status === 405 ||
    response.status === 501 ||
    (response.status === 404 && (id === undefined || detail === "Not Found"))
  const next = noRoute ? noRouteAdvice : advice[response.status]
  const message = next === undefined ? answered : `${answered.replace(/\.$/, "")}. ${next}`
  const retryAfter = retryAfterOf(response, error, now)
  const shouldRetry = response.headers["x-should-retry"] === "false" ? false : undefined
  const failure = fromAnswer({
    message,
    status: response.status,
    code,
    resource,
    id,
    issues: listed,
    retryAfter,
    shouldRetry,
    reason: text(member(error, "reason")),
    method: call.method,
    path: call.path,
    requestId: requestIdOf(response, redact),
    body: excerpt(redacted, redact)
  })
  return { error: failure, retryAfter, shouldRetry }
}

const redirectAdvice = (response: BufferedResponse): string => {
  const location = response.headers["location"]
  const requested = new URL(response.request.url)
  if (location === undefined || !URL.canParse(location, requested)) return ", a redirect without a valid location"
  const target = new URL(location, requested)
  return target.origin === requested.origin
    ? `, a redirect to ${target.pathname} that was not followed: only 307 and 308 resend a body, and at most five redirects are followed`
    : `, a redirect to ${target.origin} that was not followed: it would send the key to another origin`
}
