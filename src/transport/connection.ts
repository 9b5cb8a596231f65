/** Maps the failure of a request without a complete response to its `ConnectionError`. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Predicate from "effect/Predicate"
import { ConnectionError } from "../schema/Errors.js"
import type { Call } from "./errors.js"

const codes: ReadonlyArray<readonly [RegExp, ConnectionError["reason"]]> = [
  [/^ECONNREFUSED$|^UND_ERR_CONNECT_TIMEOUT$|^EHOSTUNREACH$|^ENETUNREACH$/, "refused"],
  [/^ENOTFOUND$|^EAI_/, "dns"],
  [/^ERR_TLS|^ERR_SSL|^CERT_|^DEPTH_ZERO|^SELF_SIGNED|^UNABLE_TO|^EPROTO$/, "tls"],
  [/^ECONNRESET$|^EPIPE$|^UND_ERR_SOCKET$|^ECONNABORTED$/, "reset"]
]

/** Browsers do not say why they refuse a response. */
const inBrowser = () => "document" in globalThis || "WorkerGlobalScope" in globalThis

const explanation: { readonly [Reason in ConnectionError["reason"]]: string } = {
  refused: "the connection was refused. Is the server running, and is this its port?",
  dns: "the host name does not resolve. Is the base URL right?",
  tls: "the TLS handshake failed. Is the certificate trusted, and does the server speak https?",
  reset: "the connection was lost before the response was complete.",
  unknown: "the request could not be sent. Is the server running?"
}

/** The reason of the first known error code in a chain of causes; of an `AggregateError`, the first member counts. */
const reasonOf = (error: unknown, depth = 0): ConnectionError["reason"] => {
  if (depth > 8 || !Predicate.isRecord(error)) return "unknown"
  const code = error["code"]
  if (typeof code === "string") {
    const known = codes.find(([pattern]) => pattern.test(code))
    if (known !== undefined) return known[1]
  }
  const nested = Array.isArray(error["errors"]) ? error["errors"][0] : error["cause"]
  return reasonOf(nested, depth + 1)
}

const host = (url: string): string => {
  try {
    return new URL(url).host
  } catch {
    return "the server"
  }
}

/** The error of a request that got no response, or whose response broke off. */
export const connectionError = (error: HttpClientError.HttpClientError, call: Call): ConnectionError => {
  const reason = error._tag === "ResponseError" ? "reset" : reasonOf(error.cause)
  const hint = reason === "unknown" && inBrowser() ? " A browser also needs its CORS headers." : ""
  return new ConnectionError({
    message: `${host(error.request.url)}: ${explanation[reason]}${hint}`,
    reason,
    method: call.method,
    path: call.path
  })
}
