/** The errors of this package as one union of tagged errors, and the table that maps each to a status. */
import * as Schema from "effect/Schema"
import { openEnum } from "./Field.js"
import { Issue } from "./Issue.js"

const optionalText = Schema.optional(Schema.String)

/** The request and the response of an error. `body` is the first 500 characters of the response, without the key. */
const exchange = {
  method: optionalText,
  path: optionalText,
  status: Schema.optional(Schema.Number),
  requestId: optionalText,
  body: optionalText
}

const answer = { message: Schema.String, code: optionalText, ...exchange }

/** The configuration is invalid: a key or URL is missing, blank or malformed. Building a layer or client fails with it. */
export class JulepConfigError extends Schema.TaggedError<JulepConfigError>()("JulepConfigError", {
  message: Schema.String
}) {}

/** The input does not fit its schema; nothing was sent. `issues` name the path and what was expected. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  message: Schema.String,
  issues: Schema.Array(Issue)
}) {}

/** The error of a request that was not sent, because of one member of it. */
export const notSent = (path: string, message: string): InvalidRequest =>
  new InvalidRequest({ message: `The request was not sent: ${message}`, issues: [{ path, message }] })

/** 400 or 413: the server does not accept the request, for example because it lacks the model, or the body is too large. */
export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", answer) {}

/** 401 or 403: the key is missing, wrong, or lacks the permission. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", answer) {}

/** 404: the developer has no such resource. `resource` and `id` name it. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  ...answer,
  resource: optionalText,
  id: optionalText
}) {}

/** 409: the request conflicts with the current state. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", answer) {}

/** 422: the server rejected the payload. `issues` name the path and what was expected, if the server reports them. */
export class UnprocessableRequest extends Schema.TaggedError<UnprocessableRequest>()("UnprocessableRequest", {
  ...answer,
  issues: Schema.Array(Issue)
}) {}

/**
 * Whether and when to send the request again. `retryAfter` is in seconds, if the server names it. `shouldRetry` is `false`
 * where the server says that another attempt is of no use now, for example because it has made several itself.
 */
const retryAdvice = { retryAfter: Schema.optional(Schema.Number), shouldRetry: Schema.optional(Schema.Boolean) }

/** 429: too many requests. `retryAfter` is in seconds, if the server names it. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", { ...answer, ...retryAdvice }) {}

/** What failed behind a 5xx. Beyond v0.3. */
export const serverErrorReason = openEnum("model-key", "model-unavailable", "engine")

/**
 * 500 and above: the server, or the model behind it, failed. `retryAfter` is in seconds, if the server names it. `reason`,
 * beyond v0.3, says what failed, if the server does:
 *
 * - `model-key`: the endpoint of the model rejects its key or its account; correct that first, because trying again does not help
 * - `model-unavailable`: the endpoint of the model failed, gave no reply, or has no completions at its URL; correct the URL
 *   if the message asks for that, else try again later
 * - `engine`: the engine itself failed, is busy or is closing; `code` says which
 */
export class ServerError extends Schema.TaggedError<ServerError>()("ServerError", {
  ...answer,
  ...retryAdvice,
  reason: Schema.optional(serverErrorReason)
}) {}

/** A `ServerError` made when a module loads: the check of its members, which the compiler knows, would slow that down. */
export const serverErrorAtLoad = (details: {
  readonly message: string
  readonly code?: string
  readonly status: number
}) => new ServerError(details, { disableValidation: true })

/** A response that the API does not define: a 2xx that does not decode, a redirect that was not followed, or any other 4xx. */
export class UnexpectedResponse extends Schema.TaggedError<UnexpectedResponse>()("UnexpectedResponse", {
  ...answer,
  issues: Schema.Array(Issue)
}) {}

/**
 * No response: the connection was refused or reset, or the host was not resolved or not trusted. The message names only
 * host and port.
 */
export class ConnectionError extends Schema.TaggedError<ConnectionError>()("ConnectionError", {
  message: Schema.String,
  reason: Schema.Literal("refused", "dns", "tls", "reset", "unknown"),
  method: optionalText,
  path: optionalText
}) {}

/**
 * A time budget ran out: `headers` until the response headers arrive, `idle` between two chunks of the body, `total` for
 * the whole call, retries and body included.
 */
export class TimeoutError extends Schema.TaggedError<TimeoutError>()("TimeoutError", {
  message: Schema.String,
  phase: Schema.Literal("headers", "idle", "total"),
  method: optionalText,
  path: optionalText
}) {}

/** A stream ended before its last event. `text` is the part of the reply that arrived. */
export class StreamInterrupted extends Schema.TaggedError<StreamInterrupted>()("StreamInterrupted", {
  message: Schema.String,
  text: Schema.String,
  method: optionalText,
  path: optionalText
}) {}

/**
 * The reply of a typed answer is not what its schema decodes, also after it was asked for again. `text` is the reply, `issues`
 * name the path and what was expected, and `finish_reason` is `length` if the reply was cut off.
 */
export class InvalidObject extends Schema.TaggedError<InvalidObject>()("InvalidObject", {
  message: Schema.String,
  text: Schema.String,
  issues: Schema.Array(Issue),
  finish_reason: Schema.String
}) {}

/** Every error a call or a stream can fail with. The types of the methods name those that each can have. */
export const RequestError = Schema.suspend(() =>
  Schema.Union(
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
).annotations({ identifier: "RequestError" })
export type RequestError = typeof RequestError.Type

/**
 * The errors that every call can have. A response with a status that a method does not declare is `UnexpectedResponse`; 401,
 * 403, 422, 429 and those from 500 on are declared by all.
 */
export type CallError =
  | InvalidRequest
  | Unauthorized
  | UnprocessableRequest
  | RateLimited
  | ServerError
  | UnexpectedResponse
  | ConnectionError
  | TimeoutError

/** The errors of reading or deleting what may not exist, and of lists of it. */
export type GetError = CallError | NotFound

/** The errors of a list of a whole kind, whose filter may be refused. */
export type ListError = CallError | BadRequest

/** The errors of creating what belongs to nothing else. */
export type CreateError = CallError | BadRequest | Conflict

/** The errors of changing what may not exist, and of creating something in it. */
export type WriteError = CallError | BadRequest | NotFound | Conflict

/** The errors of a chat or a completion. That of a stream can also be `StreamInterrupted`: its type is `RequestError`. */
export type ChatError = CallError | BadRequest | NotFound | Conflict

/**
 * The errors of calls, of typed answers and of configurations as a schema: `RequestError`, `JulepConfigError` and
 * `InvalidObject`. A run can also fail with `MaxRoundsExceeded`, and an engine with errors of its storage, which are not part
 * of it. The type of this name in `effect-julep/promise`, where errors have no types of their own, has these, too.
 */
export const JulepError = Schema.suspend(() => Schema.Union(JulepConfigError, InvalidObject, RequestError)).annotations(
  {
    identifier: "JulepError"
  }
)
export type JulepError = typeof JulepError.Type

/** The details of an error response. */
export interface AnswerDetails {
  readonly message: string
  readonly status: number
  readonly code?: string | undefined
  readonly resource?: string | undefined
  readonly id?: string | undefined
  readonly issues?: ReadonlyArray<Issue> | undefined
  readonly retryAfter?: number | undefined
  readonly shouldRetry?: boolean | undefined
  readonly reason?: string | undefined
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly requestId?: string | undefined
  readonly body?: string | undefined
}

/** The errors of a response. */
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
  413: (details) => new BadRequest(details),
  422: (details) => new UnprocessableRequest({ ...details, issues: details.issues ?? [] }),
  429: (details) => new RateLimited(details)
}

/** The error of a response, by its status. The one exception is v0.3's 400 with code `NOT_FOUND`, a `NotFound`. */
export const fromAnswer = (details: AnswerDetails): AnswerError => {
  if (details.status === 400 && details.code === "NOT_FOUND") return new NotFound(details)
  const make = byStatus[details.status]
  if (make !== undefined) return make(details)
  return details.status >= 500
    ? new ServerError(details)
    : new UnexpectedResponse({ ...details, issues: details.issues ?? [] })
}
