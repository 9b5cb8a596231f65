/** The tag a status means, as facts. */
import * as Predicate from "effect/Predicate"

const byStatus: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Unauthorized",
  404: "NotFound",
  409: "Conflict",
  413: "BadRequest",
  422: "UnprocessableRequest",
  429: "RateLimited"
}

const codeOf = (body: unknown): unknown =>
  Predicate.isRecord(body) && Predicate.isRecord(body["error"]) ? body["error"]["code"] : undefined

/** The tag of an answer that is an error: its status alone, but for v0.3's 400 with the code `NOT_FOUND`. */
export const tagOf = (status: number, body?: unknown): string =>
  status === 400 && codeOf(body) === "NOT_FOUND"
    ? "NotFound"
    : (byStatus[status] ?? (status >= 500 ? "ServerError" : "UnexpectedResponse"))
