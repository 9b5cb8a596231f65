/** Errors of the client in words for a model: what happened and what to do, without addresses, ids and keys. */
import type { RequestError } from "../../schema/Errors.js"

const later = (seconds: number | undefined): string =>
  seconds === undefined ? "Try again later." : `Try again in ${Math.ceil(seconds)} seconds.`

export const errorText = (error: RequestError): string => {
  switch (error._tag) {
    case "RateLimited":
      return `There were too many requests. ${later(error.retryAfter)}`
    case "Unauthorized":
      return "This server may not use its agent. Its operator must check the key."
    case "NotFound":
      return "This does not exist here. It was deleted, or the agent's server does not offer this operation."
    case "BadRequest":
    case "InvalidRequest":
    case "UnprocessableRequest":
      return "The agent's server refused the request. A shorter or simpler one may succeed."
    case "Conflict":
      return "Something else changed this at the same time. Try again."
    case "ConnectionError":
    case "StreamInterrupted":
      return `The agent's server could not be reached. ${later(undefined)}`
    case "TimeoutError":
      return `The agent's server took too long. ${later(undefined)}`
    case "ServerError":
      return `The agent's server or its model failed. ${later(error.retryAfter)}`
    case "UnexpectedResponse":
      return "The agent's server returned an unexpected response. Its log has the details."
  }
}
