import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Embedded } from "../../../src/embedded.js"
import * as InProcess from "../../../src/engine/http/InProcess.js"
import { answer, answerStream, developerOf } from "../../../src/engine/http/respond.js"
import { withWireErrors } from "../../../src/engine/http/WireErrors.js"
import { ModelError } from "../../../src/engine/ports/Model.js"
import { StorageError } from "../../../src/engine/ports/Storage.js"
import { Idempotency } from "../../../src/engine/usecases/Idempotency.js"
import { NotFound, RateLimited } from "../../../src/schema/Errors.js"

const ORIGIN = "http://engine.test"
const ok = HttpServerResponse.text("ok")

const run = <E>(app: HttpApp.Default<E>, request = HttpClientRequest.get(`${ORIGIN}/x`)) =>
  Effect.gen(function* () {
    const response = yield* InProcess.make(withWireErrors(app), ORIGIN).execute(request)
    const text = yield* response.text
    return { status: response.status, retryAfter: response.headers["retry-after"], text }
  })

/** The lines that are logged while an effect runs. */
const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ cause, message }) => lines.push(`${String(message)} ${String(cause)}`))
  return Effect.map(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), (value) => ({ value, lines }))
}

describe("withWireErrors", () => {
  it.effect("answers a bug with a 500 whose details are in the log alone", () =>
    Effect.gen(function* () {
      const { lines, value } = yield* logged(run(Effect.die(new Error("the secret is 42"))))
      expect(value.status).toBe(500)
      expect(value.text).not.toContain("42")
      expect(JSON.parse(value.text)).toMatchObject({ error: { code: "INTERNAL" }, detail: expect.any(String) })
      expect(lines.join()).toContain("the secret is 42")
    })
  )

  it.effect("does not log failures of the caller", () =>
    Effect.gen(function* () {
      const missing = new NotFound({ message: "Agent x not found", resource: "agent", id: "x", status: 404 })
      const { lines, value } = yield* logged(run(Effect.fail(missing)))
      expect(lines).toEqual([])
      expect(value.status).toBe(404)
      expect(JSON.parse(value.text)).toEqual({
        error: { message: "Agent x not found", code: "NOT_FOUND", resource: "agent", id: "x" },
        detail: "Agent x not found"
      })
    })
  )

  it.effect("gives Retry-After in whole seconds, rounded up", () =>
    Effect.gen(function* () {
      const of = (retryAfter: number | undefined) =>
        run(Effect.fail(new RateLimited({ message: "slow", retryAfter, status: 429 })))
      expect(yield* of(0.2)).toMatchObject({ status: 429, retryAfter: "1" })
      expect(yield* of(0)).toMatchObject({ status: 429, retryAfter: "0" })
      expect(yield* of(undefined)).toMatchObject({ status: 429, retryAfter: undefined })
    })
  )

  it.effect("keeps an interruption", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(run(Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)))
      yield* Deferred.await(reached)
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
    })
  )

  it.effect("takes JSON under any JSON type, in any case, and refuses other types", () =>
    Effect.gen(function* () {
      const post = (type: string) =>
        run(
          Effect.succeed(ok),
          HttpClientRequest.setBody(HttpClientRequest.post(`${ORIGIN}/x`), HttpBody.text('{"a":1}', type))
        )
      for (const type of ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=UTF-8"]) {
        expect([type, (yield* post(type)).status]).toEqual([type, 200])
      }
      for (const type of ["text/plain", "application/xml", "multipart/form-data; boundary=x"]) {
        expect([type, (yield* post(type)).status]).toEqual([type, 422])
      }
    })
  )

  it.effect(
    "refuses U+0000 however it is written, and nothing that only looks like it, but passes it on to models",
    () =>
      Effect.gen(function* () {
        const post = (text: string, path = "/x") =>
          Effect.map(
            run(
              Effect.succeed(ok),
              HttpClientRequest.setBody(HttpClientRequest.post(ORIGIN + path), HttpBody.text(text, "application/json"))
            ),
            ({ status }) => status
          )
        for (const text of ['"\\u0000"', '"a\\\\\\u0000"', '{"\\u0000":1}', '"\\\\\\\\\\u0000b"']) {
          expect([text, yield* post(text)]).toEqual([text, 422])
        }
        for (const text of ['"\\\\u0000"', '"u0000"', '"\\u00001"'.replace("0000", "0001"), '"\\\\\\\\u0000"']) {
          expect([text, yield* post(text)]).toEqual([text, 200])
        }
      })
  )
})

describe("the limit of a body", () => {
  const post = (text: string, headers: Record<string, string> = {}) =>
    HttpClientRequest.post(`${ORIGIN}/x`).pipe(
      HttpClientRequest.setBody(HttpBody.text(text, "application/json")),
      HttpClientRequest.setHeaders(headers)
    )
  const send = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.map(
      InProcess.make(withWireErrors(Effect.succeed(ok), { maxBodySize: 20 }), ORIGIN).execute(request),
      ({ status }) => status
    )

  it.effect("is in bytes, and its error names it", () =>
    Effect.gen(function* () {
      expect(yield* send(post(JSON.stringify("a".repeat(18))))).toBe(200)
      expect(yield* send(post(JSON.stringify("a".repeat(19))))).toBe(413)
      expect(yield* send(post(JSON.stringify("ä".repeat(10))))).toBe(413)
      const { status, text } = yield* run(Effect.succeed(ok), post(JSON.stringify("a".repeat(10_000_000))))
      expect(status).toBe(413)
      expect(JSON.parse(text)).toMatchObject({
        error: { code: "BODY_TOO_LARGE", message: expect.stringContaining("10000000 bytes") }
      })
    })
  )

  it.effect("is checked on what the header declares, before the body is read, and on the body itself", () =>
    Effect.gen(function* () {
      expect(yield* send(post('"a"', { "content-length": "21" }))).toBe(413)
      expect(yield* send(post(JSON.stringify("a".repeat(30)), { "content-length": "1" }))).toBe(413)
    })
  )
})

/** These requests have no idempotency key. */
const unused: Idempotency.Service = {
  begin: () => Effect.dieMessage("without a key"),
  once: () => Effect.dieMessage("without a key")
}

describe("answer", () => {
  const one = answer(Schema.Struct({ a: Schema.Number }), { status: 201 })
  const handle = (run: Parameters<typeof one>[1]) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => one(request, run)).pipe(
      Effect.provideService(Idempotency, unused)
    )

  it.effect("answers a value that fits exactly with the declared status; anything else is a bug", () =>
    Effect.gen(function* () {
      expect(yield* run(handle(() => Effect.succeed({ a: 1 })))).toMatchObject({ status: 201, text: '{"a":1}' })
      const more = { a: 1, b: 2 }
      const { value } = yield* logged(run(handle(() => Effect.succeed(more))))
      expect(value.status).toBe(500)
    })
  )

  it.effect("logs an expected failure in one line, without a stack", () =>
    Effect.gen(function* () {
      const failure = new ModelError({ reason: "unavailable", message: "the endpoint is down" })
      const { lines } = yield* logged(run(handle(() => Effect.fail(failure))))
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain("A request failed: 502 MODEL the endpoint is down")
      expect(lines[0]).not.toContain("    at ")
    })
  )

  it.effect("gives every failure of the ports its status and code", () =>
    Effect.gen(function* () {
      const failures = [
        [new StorageError({ message: "disk" }), 500, "STORAGE"],
        [new StorageError({ message: "away", transient: true }), 503, "STORAGE_UNAVAILABLE"],
        [new ModelError({ reason: "unknown_model", message: "m" }), 400, "UNKNOWN_MODEL"],
        [new ModelError({ reason: "invalid_request", message: "m" }), 400, "MODEL_REFUSED"],
        [new ModelError({ reason: "rate_limited", message: "m", retryAfter: 3 }), 429, "RATE_LIMITED"],
        [new ModelError({ reason: "unauthorized", message: "m" }), 502, "MODEL_UNAUTHORIZED"],
        [new ModelError({ reason: "empty_reply", message: "m" }), 502, "EMPTY_REPLY"],
        [new ModelError({ reason: "unavailable", message: "m" }), 502, "MODEL"]
      ] as const
      for (const [failure, status, code] of failures) {
        const { value } = yield* logged(run(handle(() => Effect.fail(failure))))
        expect([value.status, JSON.parse(value.text).error.code]).toEqual([status, code])
      }
    })
  )

  it.effect.each([
    [{}, 500, "STORAGE", "The engine's storage failed. Its log has the details."],
    [
      { transient: true },
      503,
      "STORAGE_UNAVAILABLE",
      "The engine's database is not available. Try again later; the log of the engine has the details."
    ]
  ] as const)(
    "keeps the text of a storage failure in the log, once: it has statements and rows (%o)",
    ([kind, status, code, message]) =>
      Effect.gen(function* () {
        const failure = new StorageError({ message: "INSERT INTO agents: the row of Sam is there already", ...kind })
        // Where there is a span, Effect fails with a proxy of the error.
        const { lines, value } = yield* logged(Effect.withSpan(run(handle(() => Effect.fail(failure))), "chat"))
        expect(value.status).toBe(status)
        expect(JSON.parse(value.text)).toEqual({ error: { code, message, reason: "engine" }, detail: message })
        expect(lines).toEqual([expect.stringContaining(failure.message)])
      })
  )

  it.effect("keeps the text of a storage failure out of a stream, too", () =>
    Effect.gen(function* () {
      const failure = new StorageError({ message: "INSERT INTO entries: the row of Sam is there already" })
      const stream = answerStream(Schema.Struct({ a: Schema.Number }))
      const app = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
        stream(request, () => Effect.succeed(Stream.concat(Stream.make({ a: 1 }), Stream.fail(failure))))
      ).pipe(Effect.provideService(Idempotency, unused))
      const response = yield* InProcess.make(withWireErrors(app), ORIGIN).execute(HttpClientRequest.get(`${ORIGIN}/x`))
      const { lines, value } = yield* logged(Stream.mkString(Stream.decodeText(response.stream)))
      expect(value).toContain('data: {"a":1}\n\ndata: {"error":')
      expect(value).toContain('"STORAGE"')
      expect(value).not.toContain("Sam")
      expect(lines).toEqual([expect.stringContaining(failure.message)])
    })
  )

  it.effect("ends a stream that meets a bug with a 500, whose details are in the log alone", () =>
    Effect.gen(function* () {
      const one = Schema.Struct({ a: Schema.Number })
      const unfit = { a: 2, b: 3 }
      const bugs = [
        [Stream.die(new Error("the secret is 42")), "the secret is 42"],
        [Stream.make(unfit), '["b"]']
      ] as const
      for (const [bug, details] of bugs) {
        const app = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
          answerStream(one)(request, () => Effect.succeed(Stream.concat(Stream.make({ a: 1 }), bug)))
        ).pipe(Effect.provideService(Idempotency, unused))
        const response = yield* InProcess.make(withWireErrors(app), ORIGIN).execute(
          HttpClientRequest.get(`${ORIGIN}/x`)
        )
        const { lines, value } = yield* logged(Stream.mkString(Stream.decodeText(response.stream)))
        const [first, last = ""] = value.trimEnd().split("\n\n")
        expect(first).toBe('data: {"a":1}')
        expect(JSON.parse(last.slice("data: ".length))).toMatchObject({ error: { code: "INTERNAL", status: 500 } })
        expect(value).not.toContain(details)
        expect(lines).toEqual([expect.stringContaining(details)])
      }
    })
  )

  it.effect("acts for the developer in the header, lower-cased, or for the nil one", () =>
    Effect.gen(function* () {
      const developerFor = (headers: Readonly<Record<string, string>>) =>
        run(
          Effect.flatMap(HttpServerRequest.HttpServerRequest, developerOf).pipe(Effect.map(HttpServerResponse.text)),
          HttpClientRequest.get(`${ORIGIN}/x`, { headers })
        )
      expect((yield* developerFor({})).text).toBe("00000000-0000-0000-0000-000000000000")
      const developer = "ABCDEFAB-1111-1111-1111-111111111111"
      expect((yield* developerFor({ "X-Developer-Id": developer })).text).toBe(developer.toLowerCase())
      expect((yield* developerFor({ "X-Developer-Id": ` ${developer}x` })).status).toBe(422)
    })
  )
})

describe("EngineApp", () => {
  it.effect("answers under /api as it does without, and nowhere else", () =>
    Effect.gen(function* () {
      const client = InProcess.make(yield* Embedded.EngineApp, Embedded.ORIGIN)
      const status = (path: string) =>
        Effect.map(client.get(`${Embedded.ORIGIN}${path}`), (response) => response.status)
      for (const path of ["/agents", "/api/agents", "/agents?limit=1", "/api/agents?limit=1", "/v1/models"]) {
        expect([path, yield* status(path)]).toEqual([path, 200])
      }
      for (const path of ["/api", "/apiagents", "/api/api/agents", "/v2/agents", "/"]) {
        expect([path, yield* status(path)]).toEqual([path, 404])
      }
    }).pipe(Effect.provide(Embedded.layerApp({ storage: "memory", model: "offline" })))
  )
})
