/** The errors of a session as those of `@effect/ai`. */
import * as AiError from "@effect/ai/AiError"
import * as Option from "effect/Option"
import type { RequestError } from "../../schema/Errors.js"

/** The operation that fails. */
export type Method = "generateText" | "streamText"

const MODULE = "SessionModel"

/** The error of a prompt that a session cannot take. */
export const malformed = (method: Method, description: string): AiError.MalformedInput =>
  new AiError.MalformedInput({ module: MODULE, method, description })

/** The error of a reply that a `LanguageModel` cannot give. */
export const unreadable = (method: Method, description: string): AiError.MalformedOutput =>
  new AiError.MalformedOutput({ module: MODULE, method, description })

const requestOf = (path: string | undefined) => ({
  method: "POST" as const,
  url: path ?? "",
  urlParams: [],
  hash: Option.none(),
  headers: {}
})

const headersOf = (error: RequestError): Record<string, string> =>
  "retryAfter" in error && error.retryAfter !== undefined ? { "retry-after": String(error.retryAfter) } : {}

/** The error of a call of the session. */
export const toAiError =
  (method: Method) =>
  (error: RequestError): AiError.AiError => {
    const place = { module: MODULE, method, description: error.message }
    switch (error._tag) {
      case "InvalidRequest":
        return new AiError.MalformedInput({ ...place, cause: error })
      case "ConnectionError":
      case "TimeoutError":
        return new AiError.HttpRequestError({
          ...place,
          cause: error,
          reason: "Transport",
          request: requestOf(error.path)
        })
      case "StreamInterrupted":
        return new AiError.UnknownError({ ...place, cause: error })
      default:
        return new AiError.HttpResponseError({
          ...place,
          reason: "StatusCode",
          request: requestOf(error.path),
          response: { status: error.status ?? 500, headers: headersOf(error) }
        })
    }
  }
