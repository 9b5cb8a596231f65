/** An `HttpClient` that answers from a table, to test the requests of a program and its handling of responses. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"

/** A request that was sent. */
export interface SentRequest {
  /** The HTTP method, such as `GET`. */
  readonly method: string
  /** The whole address, with its query. */
  readonly url: URL
  /** The headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as text; `""` without one. */
  readonly body: string
}

/** A response: its status (default 200) and headers, and a body of `json` or `text`. */
export interface Answer {
  /** The HTTP status. Default: 200. */
  readonly status?: number
  /** Headers besides `content-type`. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** A body that is sent as JSON. */
  readonly json?: unknown
  /** A body that is sent as it is. */
  readonly text?: string
}

/** Answers by `METHOD /path`, without the query: an answer, or a function from the request to one. */
export type Table = Readonly<Record<string, Answer | ((request: SentRequest) => Answer)>>

/** Records the requests that were sent, oldest first. */
export class StubHttp extends Context.Tag("effect-julep/testing/StubHttp")<
  StubHttp,
  { readonly requests: Effect.Effect<ReadonlyArray<SentRequest>> }
>() {}

const bodyOf = (request: HttpClientRequest.HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""

const toResponse = ({ headers, json, status = 200, text }: Answer): Response =>
  new Response(text ?? (json === undefined ? null : JSON.stringify(json)), {
    status,
    headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers }
  })

/**
 * An `HttpClient` over the table, and `StubHttp`, which records the requests. A request without an entry in the table fails
 * as a failed connection does, with a description that names it.
 *
 * @example
 * ```ts
 * import { Agents, JulepConfig } from "effect-julep"
 * import { StubHttp } from "effect-julep/testing"
 * import { Effect, Layer } from "effect"
 *
 * const stub = StubHttp.layer({ "GET /api/agents": { json: { items: [] } } })
 * const config = JulepConfig.layer({ apiKey: "test", baseUrl: "http://stub.test/api" })
 * const test = Effect.flatMap(Agents, (agents) => agents.list()).pipe(
 *   Effect.provide(Agents.layer.pipe(Layer.provide([stub, config])))
 * )
 * ```
 */
export const layer = (table: Table): Layer.Layer<HttpClient.HttpClient | StubHttp> =>
  Layer.effectContext(
    Effect.map(Ref.make<ReadonlyArray<SentRequest>>([]), (sent) => {
      const client = HttpClient.make((request, url) =>
        Effect.gen(function* () {
          const one: SentRequest = { method: request.method, url, headers: request.headers, body: bodyOf(request) }
          yield* Ref.update(sent, (before) => [...before, one])
          const answer = table[`${request.method} ${url.pathname}`]
          if (answer === undefined) {
            const description = `The table has no answer for ${request.method} ${url.pathname}`
            return yield* Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", description }))
          }
          return HttpClientResponse.fromWeb(request, toResponse(typeof answer === "function" ? answer(one) : answer))
        })
      )
      return Context.make(HttpClient.HttpClient, client).pipe(Context.add(StubHttp, { requests: Ref.get(sent) }))
    })
  )
