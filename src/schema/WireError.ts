/**
 * Errors as the engine sends them and its contract declares them: the body of the API, without a tag,
 * `{ error: { message, code, ... }, detail }`. The client reads more forms, in `transport/errors.ts`.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import {
  type AnswerDetails,
  type AnswerError,
  BadRequest,
  Conflict,
  NotFound,
  RateLimited,
  ServerError,
  serverErrorReason,
  Unauthorized,
  UnprocessableRequest
} from "./Errors.js"
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

// `instanceOf` rather than `typeSchema`, which would build every schema of the class at load.
const onWire = <A extends AnswerError, Args extends [details: never]>(
  error: new (...args: Args) => A,
  status: number,
  make: (details: AnswerDetails) => A
) =>
  Schema.transform(ErrorBody, Schema.instanceOf(error), {
    strict: true,
    decode: (body) => make({ ...body.error, status }),
    encode: (failure) => toBody(failure)
  }).annotations({
    ...HttpApiSchema.annotations({ status }),
    identifier: "ErrorBody"
  })

/** The errors of the contract: typed in memory, the API's body on the wire. */
export const WireError = Schema.Union(
  onWire(BadRequest, 400, (details) => new BadRequest(details)),
  onWire(Unauthorized, 403, (details) => new Unauthorized(details)),
  onWire(NotFound, 404, (details) => new NotFound(details)),
  onWire(Conflict, 409, (details) => new Conflict(details)),
  onWire(
    UnprocessableRequest,
    422,
    (details) => new UnprocessableRequest({ ...details, issues: details.issues ?? [] })
  ),
  onWire(RateLimited, 429, (details) => new RateLimited(details)),
  onWire(ServerError, 500, (details) => new ServerError(details))
)
