/** The errors of an endpoint as a relay passes them on: as they came, but without secrets and always in OpenAI's form. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { JsonObject } from "../../../schema/Field.js"
import { errorIn, messageOf, statusIn } from "../../../transport/errorBody.js"
import { ModelError, OpenAiError, type OpenAiErrorBody } from "../../ports/Model.js"
import { errorTypeOf } from "../../ports/OpenAi.js"
import { statusOf } from "./errors.js"

/** The statuses of errors. A redirect that was not followed is none of the caller's, and HTTP knows no greater status. */
const ERROR = 400
const LAST_ERROR = 599
const BAD_GATEWAY = 502

/** How much of a text that is not JSON an error quotes. */
const EXCERPT = 500

const kept = /^(?:content-type|retry-after(?:-ms)?|x-should-retry|(?:x-)?ratelimit-.+)$/

/** The headers of an endpoint that its caller gets: the content type, and advice on retries and rate limits. */
export const keptHeaders = (
  headers: Readonly<Record<string, string>>,
  redact: (text: string) => string
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (kept.test(name) ? [[name, redact(value)]] : []))
  )

const parse = (text: string): unknown => Either.getOrUndefined(Either.try((): unknown => JSON.parse(text)))

const member = (error: unknown, name: string): unknown => (Predicate.isRecord(error) ? error[name] : undefined)

/** The body of an error. One in OpenAI's form stays as it is; any other keeps its members and gains that form. */
export const errorBodyOf = (text: string, status: number): OpenAiErrorBody => {
  const json = parse(text)
  const own = Predicate.isRecord(json) ? json : {}
  if (Predicate.isRecord(own["error"])) return { ...own, error: own["error"] }
  const error = errorIn(json) ?? (Predicate.isRecord(json) ? json : text.trim().slice(0, EXCERPT))
  return {
    ...own,
    error: {
      message: messageOf(error) || `The model's endpoint answered ${status} without a message.`,
      type: member(error, "type") ?? errorTypeOf(status),
      param: member(error, "param") ?? null,
      code: member(error, "code") ?? null
    }
  }
}

/** What every error of an answer needs to know. */
export interface Answered {
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  readonly redact: (text: string) => string
}

/** The error of an answer with this status and this body. */
export const openAiError = (text: string, status: number, { headers, host, redact }: Answered): OpenAiError => {
  const { "content-type": _type, ...advice } = keptHeaders(headers, redact)
  return new OpenAiError({
    status,
    headers: advice,
    body: errorBodyOf(redact(text), status),
    message: `The endpoint ${host} answered ${status}`
  })
}

/** Whether the status of an answer is that of an error. */
export const isError = (status: number): boolean => status >= ERROR && status <= LAST_ERROR

/** Whether a success has no body. */
export const isBodiless = (status: number): boolean => status === 204 || status === 205

/** The error of a response that is neither a reply nor an error. */
export const noAnswer = (host: string, status: number): ModelError => {
  const refused = status < ERROR ? "a redirect that was not followed" : "which is not a status of HTTP"
  const what = isBodiless(status) ? "which has no body" : refused
  return new ModelError({ reason: "unavailable", message: `The endpoint ${host} answered ${status}, ${what}.` })
}

/** An object that holds a reply beside its error: its reader looks there for the error, as the endpoint's API says. */
const isReply = (json: JsonObject): boolean => Array.isArray(json["choices"]) || json["object"] === "response"

/** The error that a 200 holds instead of a reply, with the status that it names. */
export const errorWithin = (text: string, answered: Answered): OpenAiError | undefined => {
  if (!mayHoldError(text)) return undefined
  const json = parse(text)
  const error = errorIn(json)
  if (error === undefined || (Predicate.isRecord(json) && isReply(json))) return undefined
  return openAiError(text, statusIn(error) ?? statusOf(error) ?? BAD_GATEWAY, answered)
}

/** Whether a text may hold an error: parsing every piece of a stream would cost more than passing it on. */
export const mayHoldError = (text: string): boolean => text.includes("err") || text.includes("base_resp")

/** Whether an event reports an error, in the form of chat completions or of responses. */
export const reportsError = (data: string): boolean => {
  const json = parse(data)
  return errorIn(json) !== undefined || errorIn(member(json, "response")) !== undefined
}
