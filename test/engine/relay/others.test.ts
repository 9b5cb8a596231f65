/** The other paths of `/v1`: responses, embeddings and models. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Embedded } from "../../../src/embedded.js"
import { Embedder } from "../../../src/engine/ports/Embedder.js"
import { events, withRelay } from "../../support/relayed.js"
import { type Answer, type Responder, type Sent, stub } from "../../support/stubClient.js"

const PATH = "/v1/responses"

describe("responses", () => {
  const body = { model: "other", input: [{ role: "user", content: "Hi" }], store: false, odd: { a: 1 } }

  it.effect("pass to an endpoint that has them and back, whole and streamed", () => {
    const answer = { id: "r", object: "response", status: "failed", error: { code: "server_error", message: "x" } }
    const streamed = events(
      { type: "response.created", response: { id: "r", error: null } },
      { type: "response.failed", response: { id: "r", error: { message: "not sk-abcdefgh12345" } } }
    )
    const responder = (sent: Sent): Answer =>
      JSON.stringify(sent.body).includes("stream") ? streamed : { body: answer }
    return withRelay(responder, ({ ask, http }) =>
      Effect.gen(function* () {
        expect(yield* ask(PATH, body)).toMatchObject({ status: 200, json: answer })
        expect(http.last()).toMatchObject({ path: PATH, text: JSON.stringify(body) })
        const { text } = yield* ask(PATH, { ...body, stream: true })
        expect(text).toBe(String(streamed.body).replace("sk-abcdefgh12345", "<redacted>"))
      })
    )
  })

  it.effect("are a clear 404 where the endpoint has none, or where the model is not an endpoint", () =>
    Effect.gen(function* () {
      const unknown = {
        status: 404,
        json: { error: { type: "invalid_request_error", param: null, code: "unknown_url" } }
      }
      for (const answer of [{ status: 404, body: "404 page not found" }, { status: 405 }]) {
        for (const stream of [false, true]) {
          const answered = yield* withRelay(answer, ({ ask }) => ask(PATH, { ...body, stream }))
          expect(answered).toMatchObject(unknown)
          expect(answered.text).toContain("/v1/chat/completions")
        }
      }
      const refused = { error: { message: "The model `other` does not exist", code: "model_not_found" } }
      const known = yield* withRelay({ status: 404, body: refused }, ({ ask }) => ask(PATH, body))
      expect(known).toMatchObject({ status: 404, json: refused })
    })
  )
})

describe("embeddings", () => {
  const EMBEDDINGS = "/v1/embeddings"
  const endpoint = { url: "https://vectors.test/v1", name: "bge", apiKey: "sk-vectors-0123456789" }
  const answer = '{ "object":"list", "data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"usage":{}}'

  it.effect("pass to the embedder's endpoint and back, under its name where the request has none", () =>
    withRelay(
      { body: answer, headers: { "content-type": "application/json" } },
      ({ ask, http }) =>
        Effect.gen(function* () {
          const body = { input: [[1, 2]], encoding_format: "base64", dimensions: 3, user: "u" }
          expect((yield* ask(EMBEDDINGS, { model: "other", ...body })).text).toBe(answer)
          expect(http.last().url.href).toBe("https://vectors.test/v1/embeddings")
          expect(http.last().headers["authorization"]).toBe(`Bearer ${endpoint.apiKey}`)
          expect(http.last().body).toEqual({ model: "other", ...body })
          yield* ask(EMBEDDINGS, body)
          expect(http.last().body).toEqual({ model: "bge", ...body })
        }),
      { embedder: endpoint }
    )
  )

  it.effect("that the endpoint refuses are refused with its words", () => {
    const refused = { error: { message: "Too many.", type: "invalid_request_error", param: "input", code: null } }
    return withRelay(
      { status: 413, body: refused },
      ({ ask }) =>
        Effect.gen(function* () {
          expect(yield* ask(EMBEDDINGS, { input: "a" })).toMatchObject({ status: 413, json: refused })
        }),
      { embedder: endpoint }
    )
  })

  it.effect("of an engine without an embedder are a 404 that says how to have one", () =>
    withRelay({}, ({ ask, http }) =>
      Effect.gen(function* () {
        const { json, status } = yield* ask(EMBEDDINGS, { input: "a" })
        expect(status).toBe(404)
        expect(json).toMatchObject({ error: { code: "unknown_url", message: expect.stringContaining("embedder") } })
        expect(http.requests).toEqual([])
      })
    )
  )

  const own = Layer.succeed(
    Embedder,
    Option.some({
      name: "own",
      dimensions: undefined,
      embed: (texts: ReadonlyArray<string>) =>
        Effect.succeed(texts.map((text) => Float32Array.from([text.length, -0.5])))
    })
  )

  it.effect("of an embedder that is not an endpoint are in OpenAI's form, as numbers or in base 64", () =>
    withRelay(
      {},
      ({ ask, http }) =>
        Effect.gen(function* () {
          const { json } = yield* ask(EMBEDDINGS, { input: ["a", "bb"], model: "own" })
          expect(json).toEqual({
            object: "list",
            model: "own",
            data: [
              { object: "embedding", index: 0, embedding: [1, -0.5] },
              { object: "embedding", index: 1, embedding: [2, -0.5] }
            ],
            usage: { prompt_tokens: expect.any(Number), total_tokens: expect.any(Number) }
          })
          const coded = yield* ask(EMBEDDINGS, { input: "a", encoding_format: "base64", dimensions: 2 })
          expect(coded.json).toMatchObject({ data: [{ embedding: "AACAPwAAAL8=" }] })
          for (const [body, status, param] of [
            [{ input: "a", dimensions: 3 }, 400, "dimensions"],
            [{ input: "a", encoding_format: "int8" }, 400, "encoding_format"],
            [{ input: "a", encoding_format: "constructor" }, 400, "encoding_format"],
            [{ input: "a", encoding_format: { toString: 1 } }, 400, "encoding_format"],
            [{ input: [1, 2] }, 400, "input"],
            [{ input: [] }, 422, "input"],
            [{}, 422, "input"],
            [{ input: "a", model: "other" }, 404, "model"]
          ] as const) {
            expect(yield* ask(EMBEDDINGS, body)).toMatchObject({ status, json: { error: { param } } })
          }
          expect(http.requests).toEqual([])
        }),
      { embedder: own }
    )
  )
})

describe("models", () => {
  const listed = {
    object: "list",
    data: [{ id: "m", created: 5, owned_by: "us", context: 9 }, { id: "a/b" }, { no: 1 }]
  }

  it.effect("are those of the endpoint, each with what OpenAI's schema demands", () =>
    withRelay({ body: listed }, ({ ask, http }) =>
      Effect.gen(function* () {
        expect((yield* ask("/v1/models")).json).toEqual({
          object: "list",
          data: [
            { id: "m", object: "model", created: 5, owned_by: "us", context: 9 },
            { id: "a/b", object: "model", created: 0, owned_by: "effect-julep" }
          ]
        })
        expect(http.last()).toMatchObject({ method: "GET", path: "/v1/models", body: undefined })
      })
    )
  )

  /** An endpoint that lists its models, and answers `status` for each of them. */
  const lister =
    (status: number, body: unknown): Responder =>
    ({ path }) =>
      path.endsWith("/models") ? { body: listed } : { status, body }

  it.effect.each([
    [404, { detail: "Not Found" }],
    [404, { error: { message: "Cannot GET this model", code: null } }],
    [405, { error: { message: "Method Not Allowed" } }],
    [200, "<html>"]
  ] as const)("are found by their names in the list, if the endpoint answers %s %j for one", ([status, body]) =>
    withRelay(lister(status, body), ({ ask }) =>
      Effect.gen(function* () {
        for (const [path, id] of [
          ["m", "m"],
          ["a/b", "a/b"],
          ["a%2Fb", "a/b"],
          ["julep-ai/samantha-1-turbo", "julep-ai/samantha-1-turbo"],
          ["julep-ai%2Fsamantha-1-turbo", "julep-ai/samantha-1-turbo"]
        ]) {
          const { json, status } = yield* ask(`/v1/models/${path}`)
          expect(status).toBe(200)
          expect(json).toMatchObject({ id, object: "model", created: expect.any(Number) })
        }
        expect(yield* ask("/v1/models/nessie")).toMatchObject({
          status: 404,
          json: { error: { type: "invalid_request_error", param: "model", code: "model_not_found" } }
        })
      })
    )
  )

  it.effect("are asked for one by one, as the endpoint knows them", () =>
    withRelay({ body: { id: "a/b", created: 7, context: 9 } }, ({ ask, http }) =>
      Effect.gen(function* () {
        expect((yield* ask("/v1/models/a/b")).json).toEqual({
          id: "a/b",
          object: "model",
          created: 7,
          owned_by: "effect-julep",
          context: 9
        })
        expect(http.requests.map(({ url }) => url.href)).toEqual(["https://llm.test/v1/models/a%2Fb"])
      })
    )
  )

  // As a raw HTTP client writes them: `URL` resolves the segments of dots in a path.
  it.effect.each([
    "",
    "?a=/",
    "/",
    "..",
    "%2e%2e",
    ".",
    "..%2Fx",
    "a/../b",
    "a%2F.%2Fb",
    "..%5Cx",
    "%252e%252e",
    "a%252F..%252Fb"
  ])("never reach the endpoint, if their name is empty or has segments of dots: '%s'", (id) => {
    const http = stub({ body: listed })
    const app = Embedded.layerApp({
      storage: "memory",
      model: { url: "https://llm.test/v1", apiKey: "sk-test", name: "m" }
    }).pipe(Layer.provide(Layer.succeed(Embedded.Outbound, http.client)))
    return Effect.gen(function* () {
      const web = new Request(`${Embedded.ORIGIN}/v1/models/`)
      const request = HttpServerRequest.fromWeb(web).modify({ url: `/v1/models/${id}` })
      const answered = Effect.provideService(yield* Embedded.EngineApp, HttpServerRequest.HttpServerRequest, request)
      const response = HttpServerResponse.toWeb(yield* Effect.scoped(answered))
      expect(response.status).toBe(404)
      expect(yield* Effect.promise(() => response.json())).toMatchObject({
        error: { type: "invalid_request_error", param: "model", code: "model_not_found" }
      })
      expect(http.requests).toEqual([])
    }).pipe(Effect.provide(app))
  })

  it.effect("that the endpoint does not list are its failure", () =>
    Effect.gen(function* () {
      const missing = { error: { message: "The model `m` does not exist.", code: "model_not_found", param: null } }
      const unknown = yield* withRelay({ status: 404, body: missing }, ({ ask, http }) =>
        Effect.map(ask("/v1/models/m"), ({ json }) => ({ json, requests: http.requests.length }))
      )
      expect(unknown).toMatchObject({ json: missing, requests: 1 })
      const refused = { error: { message: "Wrong key.", code: "invalid_api_key" } }
      const answered = yield* withRelay({ status: 401, body: refused }, ({ ask }) => ask("/v1/models/m"))
      expect(answered).toMatchObject({ status: 401, json: refused })
      const odd = yield* withRelay({ body: { models: [] } }, ({ ask }) => ask("/v1/models"))
      expect(odd.status).toBe(502)
    })
  )
})
