/** An `HttpClient` that answers from a table: to test what a program asks, and how it takes what comes back. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"

/** A request as it was sent. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What is answered: status 200 unless given; `json`, or a `text` as it is. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly text?: string
}

/** Answers by `METHOD /path` (without the query), each one answer or a function of the request. */
export type Table = Readonly<Record<string, Answer | ((asked: Asked) => Answer)>>

/** What was sent, oldest first. */
export class StubHttp extends Context.Tag("effect-julep/testing/StubHttp")<
  StubHttp,
  { readonly requests: Effect.Effect<ReadonlyArray<Asked>> }
>() {}

const bodyOf = (request: HttpClientRequest.HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""

const toResponse = ({ headers, json, status = 200, text }: Answer): Response =>
  new Response(text ?? (json === undefined ? null : JSON.stringify(json)), {
    status,
    headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers }
  })

/**
 * The table as the `HttpClient`, and `StubHttp` to ask what was sent. A request the table does not have fails as a
 * connection does, naming it.
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
    Effect.map(Ref.make<ReadonlyArray<Asked>>([]), (asked) => {
      const client = HttpClient.make((request, url) =>
        Effect.gen(function* () {
          const one: Asked = { method: request.method, url, headers: request.headers, body: bodyOf(request) }
          yield* Ref.update(asked, (before) => [...before, one])
          const answer = table[`${request.method} ${url.pathname}`]
          if (answer === undefined) {
            const description = `the table has no ${request.method} ${url.pathname}`
            return yield* Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", description }))
          }
          return HttpClientResponse.fromWeb(request, toResponse(typeof answer === "function" ? answer(one) : answer))
        })
      )
      return Context.make(HttpClient.HttpClient, client).pipe(Context.add(StubHttp, { requests: Ref.get(asked) }))
    })
  )
