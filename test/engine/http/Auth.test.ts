import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Embedded } from "../../../src/embedded.js"
import * as InProcess from "../../../src/engine/http/InProcess.js"

const KEY = "s3cret-key"

/** The status and body of a request to an engine with a key. */
const ask = (
  headers: Readonly<Record<string, string>>,
  path = "/agents",
  body?: { readonly text: string; readonly type: string }
) =>
  Effect.gen(function* () {
    const client = InProcess.make(yield* Embedded.EngineApp, Embedded.ORIGIN)
    const request = HttpClientRequest.make(body === undefined ? "GET" : "POST")(`${Embedded.ORIGIN}${path}`).pipe(
      HttpClientRequest.setHeaders(headers),
      body === undefined ? (same) => same : HttpClientRequest.setBody(HttpBody.text(body.text, body.type))
    )
    const response = yield* client.execute(request)
    return { status: response.status, headers: response.headers, text: yield* response.text }
  })

const app = (options: Embedded.AppOptions = {}) =>
  Embedded.layerApp({ storage: "memory", model: "offline", apiKey: KEY, ...options })

describe("the key of a server", () => {
  it.effect("is taken from Authorization or X-Auth-Key, bare or as a bearer token", () =>
    Effect.gen(function* () {
      const good = [
        { authorization: `Bearer ${KEY}` },
        { authorization: KEY },
        { Authorization: `Bearer  ${KEY} ` },
        { authorization: `bearer ${KEY}` },
        { "x-auth-key": `BEARER ${KEY}` },
        { "x-auth-key": KEY },
        { "X-Auth-Key": `Bearer ${KEY}` },
        { authorization: "Bearer other", "x-auth-key": KEY }
      ]
      for (const headers of good) expect([headers, (yield* ask(headers)).status]).toEqual([headers, 200])
    }).pipe(Effect.provide(app()))
  )

  it.effect("missing or wrong is one and the same 403, never a 401 with a challenge", () =>
    Effect.gen(function* () {
      const bad: ReadonlyArray<Readonly<Record<string, string>>> = [
        {},
        { authorization: "" },
        { authorization: "Bearer" },
        { authorization: "Bearer " },
        { authorization: `Bearer${KEY}` },
        { authorization: `Bearer ${KEY}x` },
        { authorization: `Bearer ${KEY.slice(0, -1)}` },
        { authorization: `Bearer ${KEY}${KEY}` },
        { authorization: `Basic ${KEY}` },
        { "x-other-key": KEY }
      ]
      const { text } = yield* ask({})
      expect(JSON.parse(text)).toEqual({
        error: { message: expect.any(String), code: "UNAUTHORIZED" },
        detail: expect.any(String)
      })
      for (const headers of bad) {
        const answered = yield* ask(headers)
        expect([headers, answered.status, answered.text]).toEqual([headers, 403, text])
        expect(answered.headers["www-authenticate"]).toBe(undefined)
      }
    }).pipe(Effect.provide(app()))
  )

  it.effect("guards every route, including /v1", () =>
    Effect.gen(function* () {
      for (const path of ["/agents", "/api/agents", "/v1/models", "/jobs/11111111-1111-4111-8111-111111111111"]) {
        expect([path, (yield* ask({}, path)).status]).toEqual([path, 403])
      }
    }).pipe(Effect.provide(app()))
  )

  it.effect("is checked before the body and the ids of a request", () =>
    Effect.gen(function* () {
      const post = (text: string, type = "application/json") => ask({}, "/agents", { text, type })
      expect((yield* post("{}")).status).toBe(403)
      expect((yield* ask({}, "/agents/not-a-uuid")).status).toBe(403)
      expect((yield* post("name=x", "text/plain")).status).toBe(403)
      expect((yield* post('{"name":"\\u0000"}')).status).toBe(403)
    }).pipe(Effect.provide(app()))
  )

  it.effect("may be in a header that the operator names", () =>
    Effect.gen(function* () {
      expect((yield* ask({ "x-my-key": KEY })).status).toBe(200)
      expect((yield* ask({ authorization: `Bearer ${KEY}` })).status).toBe(200)
      expect((yield* ask({ "x-auth-key": KEY })).status).toBe(403)
    }).pipe(Effect.provide(app({ apiKeyHeader: "X-My-Key" })))
  )

  it.effect("is not required if none is configured", () =>
    Effect.gen(function* () {
      expect((yield* ask({})).status).toBe(200)
      expect((yield* ask({ authorization: "Bearer anything" })).status).toBe(200)
    }).pipe(Effect.provide(Embedded.layerApp({ storage: "memory", model: "offline" })))
  )

  it.effect("loses the white space around it, such as the line break at the end of a file", () =>
    Effect.gen(function* () {
      expect((yield* ask({ authorization: `Bearer ${KEY}` })).status).toBe(200)
      expect((yield* ask({ authorization: "Bearer " })).status).toBe(403)
    }).pipe(Effect.provide(app({ apiKey: ` ${KEY}\n` })))
  )

  it.effect("an empty key admits no request", () =>
    Effect.gen(function* () {
      const statuses = yield* Effect.all([ask({}), ask({ authorization: "" }), ask({ authorization: "Bearer " })]).pipe(
        Effect.map((answers) => answers.map(({ status }) => status)),
        Effect.provide(app({ apiKey: "" })),
        Effect.orElseSucceed(() => [403, 403, 403])
      )
      expect(statuses).toEqual([403, 403, 403])
    })
  )
})
