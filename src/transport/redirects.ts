import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"

const MAX_REDIRECTS = 5

const follows = (status: number, method: string): boolean =>
  status === 307 || status === 308 || ((status === 301 || status === 302 || status === 303) && method === "GET")

/** Follows redirects within one origin. A redirect to another origin is the response, because following it would leak headers. */
export const followRedirects =
  (client: HttpClient.HttpClient) =>
  (
    request: HttpClientRequest.HttpClientRequest
  ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> => {
    const go = (
      current: HttpClientRequest.HttpClientRequest,
      left: number
    ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
      Effect.flatMap(client.execute(current), (response) => {
        const location = response.headers["location"]
        if (left === 0 || location === undefined || !follows(response.status, current.method)) {
          return Effect.succeed(response)
        }
        const next = URL.canParse(location, current.url) ? new URL(location, current.url) : undefined
        return next === undefined || next.origin !== new URL(current.url).origin
          ? Effect.succeed(response)
          : go(HttpClientRequest.setUrl(current, next), left - 1)
      })
    return go(request, MAX_REDIRECTS)
  }
