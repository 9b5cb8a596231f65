/** Failed calls of an endpoint as errors of the model. */
import type { RequestError } from "../../../schema/Errors.js"
import { ModelError } from "../../ports/Model.js"

/** Classifies a failed call of the endpoint, and says in its message which endpoint it was. */
export const toModelError = (error: RequestError, model: string, host: string): ModelError => {
  const of = (reason: ModelError["reason"], message = `The model endpoint ${host} failed: ${error.message}`) =>
    new ModelError({ reason, message, retryAfter: error._tag === "RateLimited" ? error.retryAfter : undefined })
  switch (error._tag) {
    case "NotFound":
    case "BadRequest":
    case "UnprocessableRequest": {
      const unknown = error.code === "model_not_found" || (error._tag === "NotFound" && /model/i.test(error.message))
      if (unknown) return of("unknown_model", `The endpoint ${host} has no model ${model}: ${error.message}`)
      return error._tag === "NotFound"
        ? of(
            "unavailable",
            `${host} has no chat completions at this path. Does the URL of the model lack /v1? (${error.message})`
          )
        : of("invalid_request")
    }
    case "Unauthorized":
      return of("unauthorized", `The endpoint ${host} rejected the API key: ${error.message}`)
    case "RateLimited":
      return of("rate_limited")
    default:
      return of("unavailable")
  }
}
