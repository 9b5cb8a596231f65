/** Errors as a browser sees them: with the API's error body, and without the details of what is not its fault. */
import { is } from "../schema/Compiled.js"
import { RequestError } from "../schema/Errors.js"

export const isRequestError = is(RequestError)

/** The headers of server-sent events. Neither caches nor compresses them on the way: both would hold events back. */
export const eventHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no"
}

/** One event of a body. */
export const eventText = (data: string): string => `data: ${data}\n\n`

/** The status that says to a browser what an error of the server's own call says to the server. */
const statusOf = (error: RequestError): number => {
  switch (error._tag) {
    case "InvalidRequest":
      return 422
    case "TimeoutError":
      return 504
    // The key is the server's, not the browser's.
    case "Unauthorized":
    case "UnexpectedResponse":
    case "ConnectionError":
    case "StreamInterrupted":
      return 502
    default:
      return error.status ?? 500
  }
}

/** The part of a failure that a browser may see. */
export interface Shown {
  readonly status: number
  readonly retryAfter: number | undefined
  /** The API's error body, as it is within a stream: with the status and the pause. */
  readonly body: string
}

/** What a browser may see of an error. One that is none of a request is a failure of the server. */
export const shownError = (failure: unknown): Shown => {
  const error = isRequestError(failure) ? failure : undefined
  const status = error === undefined ? 500 : statusOf(error)
  const retryAfter = error !== undefined && "retryAfter" in error ? error.retryAfter : undefined
  const own = error !== undefined && status < 500 ? error : undefined
  const message = own?.message ?? "The server could not get a reply."
  const details = {
    message,
    code: error !== undefined && "code" in error ? error.code : undefined,
    resource: own?._tag === "NotFound" ? own.resource : undefined,
    id: own?._tag === "NotFound" ? own.id : undefined,
    issues: own !== undefined && "issues" in own && own.issues.length > 0 ? own.issues : undefined,
    reason: error?._tag === "ServerError" ? error.reason : undefined,
    status,
    retry_after: retryAfter
  }
  return { status, retryAfter, body: JSON.stringify({ error: details, detail: message }) }
}
