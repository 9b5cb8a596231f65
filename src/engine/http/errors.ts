/** The failures of use cases as the errors of the contract. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { toBody } from "../../schema/ErrorBody.js"
import {
  type AnswerError,
  BadRequest,
  Conflict,
  NotFound,
  RateLimited,
  ServerError,
  serverErrorAtLoad,
  Unauthorized,
  UnprocessableRequest
} from "../../schema/Errors.js"
import type { OpenAiErrorBody } from "../ports/Model.js"
import { errorTypeOf } from "../ports/OpenAi.js"
import type { Failure, ModelError } from "../usecases/Failure.js"

/** The errors that a handler declares: those of the contract. */
export type WireFailure = Exclude<AnswerError, { readonly _tag: "UnexpectedResponse" }>

const wireFailures = [BadRequest, Unauthorized, NotFound, Conflict, UnprocessableRequest, RateLimited, ServerError]

/** Whether an error is one of the contract. */
export const isWireFailure = (error: unknown): error is WireFailure =>
  wireFailures.some((wireFailure) => error instanceof wireFailure)

/** A failure of the store names statements and rows, so its text goes to the log alone. */
const STORAGE_FAILED = serverErrorAtLoad({
  message: "The engine's storage failed. Its log has the details.",
  code: "STORAGE",
  status: 500
})

/** The same where the database may answer soon. */
const STORAGE_UNAVAILABLE = serverErrorAtLoad({
  message: "The engine's database is not available. Try again later; the log of the engine has the details.",
  code: "STORAGE_UNAVAILABLE",
  status: 503
})

const UNAVAILABLE = "model-unavailable"

const adviceOf = ({ retryAfter, shouldRetry }: ModelError) => ({ retryAfter, shouldRetry })

const fromModel = (error: ModelError): WireFailure => {
  switch (error.reason) {
    case "unknown_model":
      return new BadRequest({ message: error.message, code: "UNKNOWN_MODEL", status: 400 })
    case "invalid_request":
      return new BadRequest({ message: error.message, code: "MODEL_REFUSED", status: 400 })
    case "rate_limited":
      return new RateLimited({ ...adviceOf(error), message: error.message, status: 429 })
    case "empty_reply":
      return new ServerError({
        ...adviceOf(error),
        message: error.message,
        code: "EMPTY_REPLY",
        reason: UNAVAILABLE,
        status: 502
      })
    case "unauthorized":
      return new ServerError({
        message: error.message,
        code: "MODEL_UNAUTHORIZED",
        reason: "model-key",
        status: 502,
        shouldRetry: false
      })
    // A model of the application, written without types, may give a reason of its own.
    default:
      return new ServerError({
        ...adviceOf(error),
        message: error.message,
        code: "MODEL",
        reason: UNAVAILABLE,
        status: 502
      })
  }
}

/** A body that cannot be read, or is not an object. */
export const unreadableBody = (message: string) =>
  new UnprocessableRequest({ message, issues: [{ path: "", message }], status: 422 })

/** The answer to a bug: its details go to the log alone. */
export const ENGINE_FAILED = serverErrorAtLoad({ message: "The engine failed. Its log has the details.", status: 500 })

/** The error of the contract that a failure of a use case is sent as. */
export const toWire = (failure: Failure): Effect.Effect<WireFailure> => {
  switch (failure._tag) {
    case "StorageError":
      return Effect.as(
        Effect.logError("The storage failed", Cause.fail(failure)),
        failure.transient ? STORAGE_UNAVAILABLE : STORAGE_FAILED
      )
    case "LeaseLost":
      return Effect.succeed(new ServerError({ message: failure.message, code: "LEASE_LOST", status: 503 }))
    case "ModelError":
      return Effect.succeed(fromModel(failure))
    case "UnexpectedResponse":
      return Effect.succeed(new ServerError({ message: failure.message, status: 500 }))
    default:
      return Effect.succeed(failure)
  }
}

/**
 * Logs an answer with a 5xx status: a bug with its cause, an expected failure in one line. A failure of the storage was
 * logged where its text was removed.
 */
export const logFailure = (message: string, failure: AnswerError, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  // Within a span, an effect fails with a proxy of its error.
  const error = Cause.originalError(failure)
  if ((error.status ?? 500) < 500 || error === STORAGE_FAILED || error === STORAGE_UNAVAILABLE) return Effect.void
  return error === ENGINE_FAILED
    ? Effect.logError(message, cause)
    : Effect.logError(`${message}: ${[error.status, error.code, error.message].filter(Boolean).join(" ")}`)
}

/** The seconds after which a request may be sent again, where the error says so. */
export const retryAfterOf = (error: WireFailure): number | undefined =>
  "retryAfter" in error ? error.retryAfter : undefined

/** The body of an error of `/v1`: that of OpenAI, with the members of the API beside it. */
export const toOpenAiBody = (error: AnswerError): OpenAiErrorBody => {
  const { detail, error: own } = toBody(error)
  const issues = "issues" in error ? error.issues : []
  const param = issues[0]?.path || null
  return { error: { ...own, type: errorTypeOf(error.status ?? 500), param }, detail }
}
