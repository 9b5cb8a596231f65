/**
 * Everything that can go wrong, as one union of tagged errors, and the one table that ties each to a status.
 * On the wire an error is the API's own body, without a tag: `{ error: { message, code, ... }, detail }`.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Issue } from "./Issue.js"

/** Where an error comes from: what was asked, and what came back. `body` is its first 500 characters, key removed. */
const exchange = {
  method: Schema.optional(Schema.String),
  path: Schema.optional(Schema.String),
  status: Schema.optional(Schema.Number),
  requestId: Schema.optional(Schema.String),
  body: Schema.optional(Schema.String)
}

const answer = { message: Schema.String, code: Schema.optional(Schema.String), ...exchange }

/** The configuration cannot work: a key or URL is missing, blank or malformed. Raised when a layer or client is built. */
export class JulepConfigError extends Schema.TaggedError<JulepConfigError>()("JulepConfigError", {
  message: Schema.String
}) {}

/** An input that does not fit its schema. Nothing was sent. `issues` name the path and what was expected. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  message: Schema.String,
  issues: Schema.Array(Issue)
}) {}

/** 400: the server cannot make sense of the request, for instance of a model it does not know. */
export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", answer) {}

/** 401 or 403: the key is missing, wrong, or not allowed to do this. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", answer) {}

/** 404: there is no such resource for this developer. `resource` and `id` say which. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  ...answer,
  resource: Schema.optional(Schema.String),
  id: Schema.optional(Schema.String)
}) {}

/** 409: the request contradicts what is there. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", answer) {}

/** 422: the server refused the payload. `issues` name the path and what was expected, where the server says so. */
export class UnprocessableRequest extends Schema.TaggedError<UnprocessableRequest>()("UnprocessableRequest", {
  ...answer,
  issues: Schema.Array(Issue)
}) {}

/** 429: too many requests. `retryAfter` is in seconds, where the server says so. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  ...answer,
  retryAfter: Schema.optional(Schema.Number)
}) {}

/** 500 and above: the server, or the model behind it, failed. */
export class ServerError extends Schema.TaggedError<ServerError>()("ServerError", answer) {}

/** An answer that is none of the API's: a 2xx that does not decode, an unfollowed redirect, any other 4xx. */
export class UnexpectedResponse extends Schema.TaggedError<UnexpectedResponse>()("UnexpectedResponse", {
  ...answer,
  issues: Schema.Array(Issue)
}) {}

/** No answer: the connection was refused, reset, not resolved or not trusted. The message has host and port only. */
export class ConnectionError extends Schema.TaggedError<ConnectionError>()("ConnectionError", {
  message: Schema.String,
  reason: Schema.Literal("refused", "dns", "tls", "reset", "unknown"),
  method: Schema.optional(Schema.String),
  path: Schema.optional(Schema.String)
}) {}

/**
 * A time budget ran out: `headers` until the answer began, `idle` between two pieces of its body, `total` for the
 * whole call, retries and body included.
 */
export class TimeoutError extends Schema.TaggedError<TimeoutError>()("TimeoutError", {
  message: Schema.String,
  phase: Schema.Literal("headers", "idle", "total"),
  method: Schema.optional(Schema.String),
  path: Schema.optional(Schema.String)
}) {}

/** A stream ended before its last event. `text` is what had arrived of the answer. */
export class StreamInterrupted extends Schema.TaggedError<StreamInterrupted>()("StreamInterrupted", {
  message: Schema.String,
  text: Schema.String,
  method: Schema.optional(Schema.String),
  path: Schema.optional(Schema.String)
}) {}

/** Every error a call can fail with. */
export const RequestError = Schema.Union(
  InvalidRequest,
  BadRequest,
  Unauthorized,
  NotFound,
  Conflict,
  UnprocessableRequest,
  RateLimited,
  ServerError,
  UnexpectedResponse,
  ConnectionError,
  TimeoutError,
  StreamInterrupted
)
export type RequestError = typeof RequestError.Type

/** Every error of this package: `RequestError` and `JulepConfigError`. */
export const JulepError = Schema.Union(JulepConfigError, RequestError)
export type JulepError = typeof JulepError.Type

/** What is known of an answer that is an error. */
export interface AnswerDetails {
  readonly message: string
  readonly status: number
  readonly code?: string | undefined
  readonly resource?: string | undefined
  readonly id?: string | undefined
  readonly issues?: ReadonlyArray<Issue> | undefined
  readonly retryAfter?: number | undefined
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly requestId?: string | undefined
  readonly body?: string | undefined
}

/** The errors an answer can be. */
export type AnswerError =
  | BadRequest
  | Unauthorized
  | NotFound
  | Conflict
  | UnprocessableRequest
  | RateLimited
  | ServerError
  | UnexpectedResponse

const byStatus: { readonly [status: number]: (details: AnswerDetails) => AnswerError } = {
  400: (details) => new BadRequest(details),
  401: (details) => new Unauthorized(details),
  403: (details) => new Unauthorized(details),
  404: (details) => new NotFound(details),
  409: (details) => new Conflict(details),
  422: (details) => new UnprocessableRequest({ ...details, issues: details.issues ?? [] }),
  429: (details) => new RateLimited(details)
}

/** The error an answer is. The status alone decides; only v0.3's 400 with code `NOT_FOUND` is a `NotFound`. */
export const fromAnswer = (details: AnswerDetails): AnswerError => {
  if (details.status === 400 && details.code === "NOT_FOUND") return new NotFound(details)
  const make = byStatus[details.status]
  if (make !== undefined) return make(details)
  return details.status >= 500
    ? new ServerError(details)
    : new UnexpectedResponse({ ...details, issues: details.issues ?? [] })
}

/** The body of every error of the API. */
export const ErrorBody = Schema.Struct({
  error: Schema.Struct({
    message: Schema.String,
    code: Schema.String,
    resource: Schema.optional(Schema.String),
    id: Schema.optional(Schema.String),
    issues: Schema.optional(Schema.Array(Issue))
  }),
  detail: Schema.String
}).annotations({ identifier: "ErrorBody" })
export type ErrorBody = typeof ErrorBody.Type

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

/** The body an error travels as. */
export const toBody = (error: AnswerError): ErrorBody => ({
  error: {
    message: error.message,
    code: error.code ?? defaultCodes[error._tag],
    ...("resource" in error && error.resource !== undefined ? { resource: error.resource } : {}),
    ...("id" in error && error.id !== undefined ? { id: error.id } : {}),
    ...("issues" in error && error.issues.length > 0 ? { issues: error.issues } : {})
  },
  detail: error.message
})

const onWire = <A extends AnswerError>(error: Schema.Schema<A>, status: number, make: (details: AnswerDetails) => A) =>
  Schema.transform(ErrorBody, error, {
    strict: true,
    decode: (body) => make({ ...body.error, status }),
    encode: (failure) => toBody(failure)
  }).annotations(HttpApiSchema.annotations({ status, description: `An error with status ${status}` }))

/** The errors of the contract: typed in memory, the API's own body on the wire. */
export const WireError = Schema.Union(
  onWire(Schema.typeSchema(BadRequest), 400, (details) => new BadRequest(details)),
  onWire(Schema.typeSchema(Unauthorized), 403, (details) => new Unauthorized(details)),
  onWire(Schema.typeSchema(NotFound), 404, (details) => new NotFound(details)),
  onWire(Schema.typeSchema(Conflict), 409, (details) => new Conflict(details)),
  onWire(
    Schema.typeSchema(UnprocessableRequest),
    422,
    (details) => new UnprocessableRequest({ ...details, issues: details.issues ?? [] })
  ),
  onWire(Schema.typeSchema(RateLimited), 429, (details) => new RateLimited(details)),
  onWire(Schema.typeSchema(ServerError), 500, (details) => new ServerError(details))
)
