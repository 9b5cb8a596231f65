/** Refused, DNS, TLS and reset are distinguished, over real sockets where possible. */
import { describe, expect, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Julep } from "../../src/layers/Julep.js"
import type { RequestError } from "../../src/schema/Errors.js"
import { KEY, stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"
import { serve, unusedPort } from "../support/loopback.js"

const failure = (baseUrl: string, method: "get" | "post" = "get") =>
  Effect.flatMap(
    Julep,
    ({ agents, memories }): Effect.Effect<void, RequestError> =>
      method === "get"
        ? Effect.asVoid(memories.list({ agent_id: f.agentId, query: "query-text" }))
        : Effect.asVoid(agents.create({ name: "body-text" }))
  ).pipe(Effect.provide(Julep.layerFetch({ apiKey: KEY, baseUrl, retry: false })), Effect.flip, Effect.map(errorFields))

const expectReason = (error: Readonly<Record<string, unknown>>, reason: string, host: string) => {
  expect(error).toMatchObject({ _tag: "ConnectionError", reason })
  expect(error["message"]).toContain(host)
  for (const secret of [KEY, "query-text", "body-text", "?query"]) expect(JSON.stringify(error)).not.toContain(secret)
}

describe("connections that fail", () => {
  it.scopedLive("refused", () =>
    Effect.gen(function* () {
      const port = yield* unusedPort
      const error = yield* failure(`http://127.0.0.1:${port}/api`)
      expectReason(error, "refused", `127.0.0.1:${port}`)
      expect(error).toMatchObject({ method: "GET", path: `/api/agents/${f.agentId}/memories` })
      expectReason(yield* failure(`http://localhost:${port}`, "post"), "refused", `localhost:${port}`)
    })
  )

  it.scopedLive("reset before the answer", () =>
    Effect.gen(function* () {
      const server = yield* serve((_received, response) => response.socket?.destroy())
      expectReason(yield* failure(server.origin, "post"), "reset", `127.0.0.1:${server.port}`)
      expect(server.received).toHaveLength(1)
    })
  )

  it.scopedLive("reset in the middle of a body", () =>
    Effect.gen(function* () {
      const server = yield* serve((_received, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" })
        response.write('{"items":[', () => response.socket?.destroy())
      })
      expectReason(yield* failure(server.origin), "reset", `127.0.0.1:${server.port}`)
    })
  )

  it.scopedLive("TLS where none is spoken", () =>
    Effect.gen(function* () {
      const server = yield* serve((_received, response) => response.end())
      expectReason(yield* failure(`https://127.0.0.1:${server.port}`), "tls", `127.0.0.1:${server.port}`)
    })
  )

  const codes = [
    ["ECONNREFUSED", "refused"],
    ["ENOTFOUND", "dns"],
    ["EAI_AGAIN", "dns"],
    ["ECONNRESET", "reset"],
    ["EPIPE", "reset"],
    ["UND_ERR_SOCKET", "reset"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["UND_ERR_CONNECT_TIMEOUT", "refused"],
    ["EHOSTUNREACH", "refused"],
    ["ENETUNREACH", "refused"],
    ["ESOMETHING", "unknown"]
  ] as const
  for (const [code, reason] of codes) {
    it.effect(`${code} is ${reason}, however deep it lies`, () =>
      Effect.gen(function* () {
        const cause = Object.assign(new Error(`${code} ${KEY}`), { code })
        const shapes = [
          cause,
          new TypeError("fetch failed", { cause }),
          new TypeError("fetch failed", { cause: new AggregateError([cause, new Error("::1")]) }),
          new Error("outer", { cause: new Error("inner", { cause }) })
        ]
        for (const shape of shapes) {
          const { julep } = yield* stubbed(() => Effect.fail(shape), { baseUrl: "https://host.test:8443/api" })
          const error = errorFields(yield* Effect.flip(julep.agents.list({ metadata_filter: { a: "query-text" } })))
          expectReason(error, reason, "host.test:8443")
        }
      })
    )
  }

  it.effect("a fetch that says no reason, as in a browser, suggests what to check", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed(() => Effect.fail(new TypeError("Failed to fetch")))
      const failure = Effect.map(Effect.flip(julep.agents.list()), errorFields)
      expect((yield* failure)["message"]).not.toContain("browser")
      vi.stubGlobal("document", {})
      const error = yield* Effect.ensuring(
        failure,
        Effect.sync(() => vi.unstubAllGlobals())
      )
      expect(error).toMatchObject({ reason: "unknown", message: expect.stringContaining("CORS headers") })
    })
  )

  it.effect("a cause that contains itself is unknown", () =>
    Effect.gen(function* () {
      const loop: Error & { cause?: unknown } = new Error("loop")
      loop.cause = loop
      const { julep } = yield* stubbed(() => Effect.fail(loop))
      expect(errorFields(yield* Effect.flip(julep.agents.list()))).toMatchObject({
        _tag: "ConnectionError",
        reason: "unknown"
      })
    })
  )
})
