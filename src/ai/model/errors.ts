/** The errors of `@effect/ai` as those of the engine's model. Their texts never hold a key or a URL's query. */
import type * as AiError from "@effect/ai/AiError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { ModelError } from "../../layers/EnginePorts.js"
import { retryAfterOf } from "../../transport/errors.js"

/** The longest text of a provider that an error quotes, in characters. */
const LONGEST = 500

const reasons: { readonly [Status in number]?: ModelError["reason"] } = {
  400: "invalid_request",
  401: "unauthorized",
  402: "unauthorized",
  403: "unauthorized",
  404: "unknown_model",
  413: "invalid_request",
  415: "invalid_request",
  422: "invalid_request",
  429: "rate_limited"
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : "the model's provider")

/** The body of an error, as JSON where it is JSON. */
const jsonOf = (body: string | undefined): unknown =>
  Either.getOrUndefined(Either.try((): unknown => JSON.parse(body ?? "")))

/** What a body says, in the forms of most providers; else its beginning. */
const textOf = (body: string | undefined): string => {
  const json = jsonOf(body)
  const error = Predicate.isRecord(json) ? (json["error"] ?? json) : json
  const message = Predicate.isRecord(error) ? error["message"] : error
  return (typeof message === "string" ? message : (body ?? "")).slice(0, LONGEST)
}

const errorIn = (body: string | undefined): unknown => {
  const json = jsonOf(body)
  const first = Array.isArray(json) ? json[0] : json
  return Predicate.isRecord(first) ? first["error"] : undefined
}

const responseError = ({ body, reason, request, response }: AiError.HttpResponseError, now: number): ModelError => {
  const host = hostOf(request.url)
  const { status } = response
  if (reason !== "StatusCode") {
    return new ModelError({ reason: "unavailable", message: `The response of ${host} cannot be read (${reason}).` })
  }
  const kind = reasons[status] ?? "unavailable"
  // What a provider says of a rejected key may quote the key.
  const said = status === 401 || status === 403 ? "Check the API key." : textOf(body)
  return new ModelError({
    reason: kind,
    message: `${host} answered with status ${status}${said === "" ? "." : `: ${said}`}`,
    retryAfter: retryAfterOf(response, errorIn(body), now)
  })
}

/** The names of the module and the method that failed, which are the provider's. */
const placeOf = ({ method, module }: AiError.AiError) => `${module}.${method}`

const described = (error: AiError.AiError): string =>
  error.description === undefined ? "no details" : error.description.slice(0, LONGEST)

/** The error of a call of a provider. */
export const toModelError = (error: AiError.AiError): Effect.Effect<ModelError> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    switch (error._tag) {
      case "HttpResponseError":
        return responseError(error, now)
      case "HttpRequestError":
        return new ModelError({
          reason: error.reason === "Transport" ? "unavailable" : "invalid_request",
          message: `The request to ${hostOf(error.request.url)} failed (${error.reason}). Check the address and the network.`
        })
      case "MalformedInput":
        return new ModelError({
          reason: "invalid_request",
          message: `The model's provider cannot send this request: ${described(error)} (${placeOf(error)})`
        })
      case "MalformedOutput":
        return new ModelError({
          reason: "unavailable",
          message: `The reply of the model's provider cannot be read: ${
            error.description === undefined
              ? "it has a part that @effect/ai does not know, such as a call of a tool that was not offered"
              : described(error)
          } (${placeOf(error)})`
        })
      case "UnknownError":
        return new ModelError({
          reason: "unavailable",
          message: `The model's provider failed: ${described(error)} (${placeOf(error)})`
        })
    }
  })
