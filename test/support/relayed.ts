/** The engine in front of an endpoint that a stub answers for, called as any HTTP client would. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Embedded } from "../../src/embedded.js"
import { type Answer, type Responder, type Stub, stub } from "./stubClient.js"

export const EVENTS = { "content-type": "text/event-stream; charset=utf-8" }

/** A stream of the data of events. */
export const events = (...data: ReadonlyArray<unknown>): Answer => ({
  headers: EVENTS,
  body: data.map((one) => `data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`).join("")
})

/** What a request to `/v1` came back with. */
export interface Relayed {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  readonly json: unknown
}

const read = ({ headers, status, text }: HttpClientResponse.HttpClientResponse): Effect.Effect<Relayed> =>
  Effect.map(Effect.orDie(text), (text) => ({
    status,
    headers,
    text,
    json: headers["content-type"]?.includes("json") === true && text !== "" ? JSON.parse(text) : undefined
  }))

export interface Engine {
  readonly http: Stub
  readonly open: (
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse>
  /** Posts a body, or gets a path without one. */
  readonly ask: (path: string, body?: unknown) => Effect.Effect<Relayed>
}

/** The key of the engine's model, which no caller ever sees. */
export const UPSTREAM_KEY = "sk-upstream-0123456789"

/** Runs a test against an engine whose model, and embedder if `options` have one, is behind the stub. */
export const withRelay = <A, E>(
  answers: Answer | ReadonlyArray<Answer> | Responder,
  test: (engine: Engine) => Effect.Effect<A, E>,
  options: Omit<Embedded.Options, "model"> & { readonly model?: Partial<Embedded.ModelEndpoint> } = {}
) =>
  Effect.suspend(() => {
    const http = stub(answers)
    const { model, ...rest } = options
    const raw = Embedded.layerHttpClient({
      storage: "memory",
      model: { url: "https://llm.test/v1", apiKey: UPSTREAM_KEY, name: "m", ...model },
      ...rest
    }).pipe(Layer.provide([http.layer, Layer.succeed(Embedded.Outbound, http.client)]))
    const run = Effect.flatMap(HttpClient.HttpClient, (client) => {
      const open: Engine["open"] = (path, body, headers = {}) => {
        const url = `${Embedded.ORIGIN}${path}`
        const request =
          body === undefined
            ? HttpClientRequest.get(url)
            : HttpClientRequest.post(url).pipe(
                HttpClientRequest.setBody(
                  typeof body === "string" ? HttpBody.text(body, "application/json") : HttpBody.unsafeJson(body)
                ),
                HttpClientRequest.setHeaders({
                  authorization: "Bearer sk-of-the-caller-0123",
                  "x-secret": "of-caller",
                  ...headers
                })
              )
        return Effect.orDie(client.execute(request))
      }
      return test({ http, open, ask: (path, body) => Effect.flatMap(open(path, body), read) })
    })
    return Effect.provide(run, raw)
  })
