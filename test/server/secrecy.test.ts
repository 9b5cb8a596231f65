/** The log and the spans of a server have a line and a span for each request, and nothing that a user wrote. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as Scripted from "../../src/layers/Scripted.js"
import { latch, until } from "../support/latches.js"
import { ask, complete, createAgent, KEY, raw, servedPort, withKey } from "../support/serving.js"
import { recordingTracer } from "../support/tracer.js"

const SECRETS = [KEY, "s3cret-query", "s3cret-body", "s3cret-header", "s3cret-wrong-key"]

describe("the log of a server", () => {
  it.scopedLive("has a line for each request, with neither body nor key nor query, and so have its spans", () =>
    Effect.gen(function* () {
      const lines: Array<Record<string, unknown>> = []
      const everything: Array<string> = []
      const logger = Logger.make((options) => {
        everything.push(
          Logger.structuredLogger.log(options) ? JSON.stringify(Logger.structuredLogger.log(options)) : ""
        )
        if (String(options.message) === "request")
          lines.push(Object.fromEntries(HashMap.toEntries(options.annotations)))
      })
      const { spans, tracer } = recordingTracer()
      const port = yield* servedPort({ accessLog: true }).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Effect.withTracer(tracer)
      )
      const headers = withKey({ "x-request-id": "mine-1", "x-other": "s3cret-header" })
      yield* ask(port, "/api/agents?metadata_filter=s3cret-query", { headers })
      yield* ask(port, "/api/agents;metadata_filter=s3cret-query", { headers })
      yield* ask(port, "/agents", { ...createAgent(), body: '{"name":"s3cret-body","about":5}' })
      yield* ask(port, "/agents", { headers: { "x-auth-key": "s3cret-wrong-key" } })
      yield* ask(port, "/health")
      yield* ask(port, "/v1/chat/completions", complete(true))
      yield* until(
        "the last line is written",
        Effect.sync(() => lines.length),
        (count) => count === 6
      )
      expect(lines.map(({ key, method, path, status }) => [method, path, status, key])).toEqual([
        ["GET", "/api/agents", 400, "operator"],
        ["GET", "/api/agents", 400, "operator"],
        ["POST", "/agents", 422, "operator"],
        ["GET", "/agents", 403, undefined],
        ["GET", "/health", 200, undefined],
        ["POST", "/v1/chat/completions", 200, "operator"]
      ])
      expect(lines[0]).toMatchObject({ request_id: "mine-1", ms: expect.any(Number) })
      for (const { request_id } of lines) expect(request_id).toMatch(/./)
      const ofRequests = spans().filter(({ attributes }) => "http.route" in attributes)
      expect(
        ofRequests.map(({ attributes, name, parent }) => [name, parent, attributes["http.response.status_code"]])
      ).toEqual(lines.map(({ method, path, status }) => [`${method} ${path}`, undefined, status]))
      const written = JSON.stringify(spans()) + everything.join("\n")
      expect(SECRETS.filter((secret) => written.includes(secret))).toEqual([])
    })
  )

  it.scopedLive("has the path alone of a URL with a host, before which a password may stand", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make((options) => void lines.push(Logger.logfmtLogger.log(options)))
      const port = yield* servedPort({ accessLog: true }).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      const { closed, send } = yield* raw(port)
      send("GET http://ada:s3cret@localhost/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      expect(yield* closed).toMatch(/^HTTP\/1\.1 200 /)
      yield* until(
        "the line is written",
        Effect.sync(() => lines.join("\n")),
        (text) => text.includes("path=/health ")
      )
      expect(lines.join("\n")).not.toContain("s3cret")
    })
  )

  it.scopedLive("says which streams their client left", () =>
    Effect.gen(function* () {
      const lines: Array<Record<string, unknown>> = []
      const logger = Logger.make(({ annotations, message }) => {
        if (String(message) === "request") lines.push(Object.fromEntries(HashMap.toEntries(annotations)))
      })
      const reached = latch()
      const model = Scripted.layer(() => {
        reached.open()
        return Scripted.never
      })
      const port = yield* servedPort({ accessLog: true, model, streamOpening: 0 }).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      const asking = yield* Effect.fork(ask(port, "/v1/chat/completions", complete(true)))
      yield* reached.opened
      yield* Fiber.interrupt(asking)
      yield* until(
        "the line is written",
        Effect.sync(() => lines.length),
        (count) => count === 1
      )
      expect(lines).toMatchObject([{ path: "/v1/chat/completions", aborted: true }])
    })
  )

  it.scopedLive("has no line where none is wanted", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const port = yield* servedPort().pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      yield* ask(port, "/health")
      expect(lines.filter((line) => line === "request")).toEqual([])
    })
  )
})

describe("a span of a request", () => {
  it.scopedLive("has a name without ids, and is a child of the span of its client", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordingTracer()
      const port = yield* Effect.withTracer(servedPort(), tracer)
      const id = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      yield* ask(port, `/agents/${id}`, { headers: withKey({ traceparent }) })
      expect(spans().filter(({ attributes }) => "http.route" in attributes)).toMatchObject([
        { name: "GET /agents/{id}", parent: "external", attributes: { "http.response.status_code": 404 } }
      ])
    })
  )
})
