/**
 * Errors as the engine sends them: the body of the API, without a tag, `{ error: { message, code, ... }, detail }`. The client
 * reads more forms, in `transport/errors.ts`.
 */
import * as Schema from "effect/Schema"
import { type AnswerError, serverErrorReason } from "./Errors.js"
import { Issue } from "./Issue.js"

const optionalText = Schema.optional(Schema.String)

/** The body of every error of the API. */
export const ErrorBody = Schema.Struct({
  error: Schema.Struct({
    message: Schema.String,
    code: Schema.String,
    resource: optionalText,
    id: optionalText,
    issues: Schema.optional(Schema.Array(Issue)),
    reason: Schema.optional(serverErrorReason)
  }),
  detail: Schema.String
}).annotations({ identifier: "ErrorBody" })
export interface ErrorBody extends Schema.Schema.Type<typeof ErrorBody> {}

const defaultCodes: { readonly [Tag in AnswerError["_tag"]]: string } = {
  BadRequest: "BAD_REQUEST",
  Unauthorized: "UNAUTHORIZED",
  NotFound: "NOT_FOUND",
  Conflict: "CONFLICT",
  UnprocessableRequest: "UNPROCESSABLE_REQUEST",
  RateLimited: "RATE_LIMITED",
  ServerError: "INTERNAL",
  UnexpectedResponse: "UNEXPECTED"
}

/** The wire body of an error. */
export const toBody = (error: AnswerError): ErrorBody => ({
  error: {
    message: error.message,
    code: error.code ?? defaultCodes[error._tag],
    ...("resource" in error && error.resource !== undefined ? { resource: error.resource } : {}),
    ...("id" in error && error.id !== undefined ? { id: error.id } : {}),
    ...("issues" in error && error.issues.length > 0 ? { issues: error.issues } : {}),
    // What is not said to be the model's failure is the engine's own.
    ...(error._tag === "ServerError" ? { reason: error.reason ?? "engine" } : {})
  },
  detail: error.message
})
