/** An HTTP client that answers from a table or a function and records its requests. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** One request as it left the client. */
export interface Sent {
  readonly method: string
  readonly url: URL
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** The body as text; `undefined` where there is none. */
  readonly text: string | undefined
  /** The body read as JSON; `undefined` where there is none. */
  readonly body: unknown
}

/** One answer. A string body travels as it is, anything else as JSON; without a body nothing is sent. */
export interface Answer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Responder = (sent: Sent, index: number) => Answer | Response | Effect.Effect<Response, unknown>

export interface Stub {
  readonly client: HttpClient.HttpClient
  readonly layer: Layer.Layer<HttpClient.HttpClient>
  /** Every request so far, in order. */
  readonly requests: ReadonlyArray<Sent>
  /** The last request. */
  readonly last: () => Sent
}

const bodyless = new Set([204, 205, 304])

export const toResponse = ({ status = 200, body, headers = {} }: Answer): Response => {
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body)
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json"
  return new Response(bodyless.has(status) ? null : text, {
    status,
    headers: { ...(body === undefined ? {} : { "content-type": type }), ...headers }
  })
}

const bodyText = (request: HttpClientRequest.HttpClientRequest): string | undefined => {
  if (request.body._tag === "Empty") return undefined
  if (request.body._tag !== "Uint8Array") throw new Error(`The stub does not read a ${request.body._tag} body`)
  return new TextDecoder().decode(request.body.body)
}

const record = (request: HttpClientRequest.HttpClientRequest, url: URL): Sent => {
  const text = bodyText(request)
  return {
    method: request.method,
    url,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...request.headers },
    text,
    body: text === undefined ? undefined : JSON.parse(text)
  }
}

/** A client that answers the same each time, one answer after the other, or as a function says. */
export const stub = (answers: Answer | ReadonlyArray<Answer> | Responder): Stub => {
  const requests: Array<Sent> = []
  const respond: Responder =
    typeof answers === "function"
      ? answers
      : (_sent, index) => {
          const answer = Array.isArray(answers) ? answers[index] : answers
          if (answer === undefined) throw new Error(`The stub has no answer number ${index + 1}`)
          return answer
        }
  const client = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      const sent = record(request, url)
      const answer = respond(sent, requests.push(sent) - 1)
      const response = Effect.isEffect(answer)
        ? Effect.mapError(answer, (cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause }))
        : Effect.succeed(answer instanceof Response ? answer : toResponse(answer))
      return Effect.map(response, (web) => HttpClientResponse.fromWeb(request, web))
    })
  )
  return {
    client,
    layer: Layer.succeed(HttpClient.HttpClient, client),
    requests,
    last: () => {
      const sent = requests.at(-1)
      if (sent === undefined) throw new Error("Nothing was sent")
      return sent
    }
  }
}
