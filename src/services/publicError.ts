/** Errors as a browser sees them: a status and a sentence, without what is the server's own affair. */
import * as Predicate from "effect/Predicate"
import {
  BadRequest,
  Conflict,
  ConnectionError,
  InvalidObject,
  InvalidRequest,
  NotFound,
  RateLimited,
  ServerError,
  StreamInterrupted,
  TimeoutError,
  Unauthorized,
  UnexpectedResponse,
  UnprocessableRequest
} from "../schema/Errors.js"
import type { Issue } from "../schema/Issue.js"
import { MaxRoundsExceeded } from "./run/Run.js"

/** The part of a failure that a browser may see. */
export interface PublicError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The API's error body, as it is within a stream: with the status and the pause. */
  readonly body: string
}

/** Messages of errors stay on the server: they may name the endpoint of the model or quote its answer. */
const sentences: { readonly [status: number]: string } = {
  400: "The request was refused.",
  404: "There is no such resource.",
  409: "The request conflicts with the current state.",
  413: "The request is too large.",
  422: "The request is not valid.",
  429: "There are too many requests. Try again later."
}

/** The status that says to a browser what an error of the server's own call says to the server. Any other error is a 500. */
const statuses: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [BadRequest, 400],
  [NotFound, 404],
  [Conflict, 409],
  [InvalidRequest, 422],
  [UnprocessableRequest, 422],
  [RateLimited, 429],
  [ServerError, 500],
  // The model, the server and its key are not the browser's.
  [InvalidObject, 502],
  [MaxRoundsExceeded, 502],
  [Unauthorized, 502],
  [UnexpectedResponse, 502],
  [ConnectionError, 502],
  [StreamInterrupted, 502],
  [TimeoutError, 504]
])

interface Details {
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly resource?: string | undefined
  readonly id?: string | undefined
  readonly issues?: ReadonlyArray<Issue> | undefined
  readonly retryAfter?: number | undefined
}

/** What a browser may see of an error. */
export const publicError = (error: unknown): PublicError => {
  const kind = Predicate.isObject(error) ? error.constructor : undefined
  // Without issues, the client is closed or a stream was read before; those of tools name functions of the server.
  const isServers = error instanceof InvalidRequest && error.issues.every(({ path }) => path.startsWith("tools"))
  const own = isServers ? undefined : statuses.get(kind)
  // The classes above have these members, or some of them.
  const known = own === undefined ? {} : (error as Details)
  const varies = kind === BadRequest || kind === ServerError
  // A response takes no greater status.
  const status = Math.min((varies ? known.status : own) ?? own ?? 500, 599)
  const message =
    kind === InvalidObject
      ? "The model's answer does not fit the schema."
      : (sentences[status] ?? "The server could not get a reply.")
  // What a browser can correct has details: where its request is wrong, or what does not exist.
  const { code, id, issues, resource }: Details = status < 500 && status !== 429 ? known : {}
  const retry_after = known.retryAfter
  return {
    status,
    headers: {
      "content-type": "application/json",
      ...(retry_after === undefined ? {} : { "retry-after": String(Math.ceil(retry_after)) })
    },
    body: JSON.stringify({ error: { message, code, resource, id, issues, status, retry_after }, detail: message })
  }
}
