/** Errors in the body of a 2xx: alone, in a list, in an event of a stream, or in a choice. */
import * as Predicate from "effect/Predicate"
import { type AnswerError, fromAnswer } from "../schema/Errors.js"
import { type Call, issuesIn, member, pauseIn, text } from "./errors.js"

const isSet = (error: unknown): boolean =>
  error !== undefined &&
  error !== null &&
  error !== false &&
  error !== "" &&
  !(Predicate.isRecord(error) && Object.keys(error).length === 0)

/** The number that a value is or spells. */
const numberOf = (value: unknown): number =>
  typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN

/** A status of 0 or a code of 200 beside choices is a success, as some providers report it. */
const hasFailed = (status: unknown): boolean => status !== undefined && status !== null && numberOf(status) !== 0

/**
 * The error in a JSON value. OpenAI sends a member `error`, vLLM an object whose `object` is "error", Google a list of
 * errors, Cloudflare a member `errors`, MiniMax a `base_resp`, and OpenRouter an error within a choice.
 */
export const errorIn = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(errorIn).find((error) => error !== undefined)
  if (!Predicate.isRecord(json)) return undefined
  const { base_resp, choices, error, errors } = json
  if (isSet(error)) return error
  if (json["object"] === "error" || json["type"] === "error") return json
  if (hasFailed(member(base_resp, "status_code"))) {
    return { code: member(base_resp, "status_code"), message: member(base_resp, "status_msg") }
  }
  if (Array.isArray(choices)) return choices.map((choice) => member(choice, "error")).find(isSet)
  return Array.isArray(errors) ? errors.find(isSet) : undefined
}

/** The status that an error names as a number. */
export const statusIn = (error: unknown): number | undefined =>
  ["status", "code", "status_code", "http_code"]
    .map((name) => numberOf(member(error, name)))
    .find((status) => Number.isInteger(status) && status >= 400 && status < 600)

/** The text of an error: its message, or the error itself if it is a text, otherwise its JSON. */
export const messageOf = (error: unknown): string => {
  if (typeof error === "string") return error
  const texts = ["message", "msg", "detail", "error"].map((name) => text(member(error, name)))
  return texts.find((each) => each !== undefined) ?? JSON.stringify(error)
}

/** How an error in a body is reported. */
export interface ErrorContext {
  readonly call: Call
  /** A description of the call, for the message. */
  readonly what: string
  /** Removes secrets from a text that the server sent. */
  readonly redact: (text: string) => string
  /** The status of an error that names none as a number. */
  readonly status?: number | undefined
  /** The seconds to wait, if the error names none. */
  readonly retryAfter?: number | undefined
}

/** An error that {@link errorIn} found, with the status and the pause that it names. */
export const fromErrorBody = (error: unknown, context: ErrorContext): AnswerError => {
  const { call, retryAfter, redact, status = 500, what } = context
  const textOf = (name: string) => {
    const text = member(error, name)
    return typeof text === "string" ? redact(text) : undefined
  }
  return fromAnswer({
    ...call,
    message: `${call.method} ${call.path} ${what}: ${redact(messageOf(error)).slice(0, 500)}`,
    status: statusIn(error) ?? status,
    code: textOf("code"),
    resource: textOf("resource"),
    id: textOf("id"),
    issues: issuesIn(error, redact),
    retryAfter: pauseIn(error) ?? retryAfter,
    reason: textOf("reason")
  })
}
