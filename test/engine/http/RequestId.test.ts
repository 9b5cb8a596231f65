/** A served engine gives every request an id, which the log and the spans of the request have, too. */

import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Embedded } from "../../../src/embedded.js"
import * as InProcess from "../../../src/engine/http/InProcess.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { stub } from "../../support/stubClient.js"
import { recordingTracer } from "../../support/tracer.js"

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const send = (headers: Readonly<Record<string, string>>, path = "/agents") =>
  Effect.gen(function* () {
    const client = InProcess.make(yield* Embedded.EngineApp, Embedded.ORIGIN)
    const response = yield* client.get(`${Embedded.ORIGIN}${path}`, { headers })
    return { status: response.status, id: response.headers["x-request-id"] }
  })

const app = (options: Embedded.AppOptions = {}) =>
  Embedded.layerApp({ storage: "memory", model: "offline", ...options })

/** The ids that lines of the log are annotated with, while an effect runs. */
const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const ids: Array<unknown> = []
  const logger = Logger.make(({ annotations }) => {
    for (const [key, value] of HashMap.entries(annotations)) if (key === "request_id") ids.push(value)
  })
  return Effect.as(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), ids)
}

/** A model that logs a line for each request. */
const logging = Scripted.layer(() => () => Stream.drain(Stream.fromEffect(Effect.logInfo("asked"))))

const complete = (stream: boolean) =>
  Effect.gen(function* () {
    const client = InProcess.make(yield* Embedded.EngineApp, Embedded.ORIGIN)
    const response = yield* client.execute(
      HttpClientRequest.post(`${Embedded.ORIGIN}/v1/chat/completions`).pipe(
        HttpClientRequest.setHeader("x-request-id", "req-1"),
        HttpClientRequest.setBody(
          HttpBody.unsafeJson({ model: "m", stream, messages: [{ role: "user", content: "Hi" }] })
        )
      )
    )
    yield* Effect.exit(Stream.runDrain(response.stream))
    return response.headers["x-request-id"]
  })

describe("x-request-id", () => {
  it.effect("is returned as it was sent, and generated if it is absent or unfit for a log", () =>
    Effect.gen(function* () {
      for (const id of ["req-1", "a".repeat(128), "0af7651916cd43dd/8448eb211c80319c", "A_b.c:d=e+f"]) {
        expect(yield* send({ "x-request-id": id })).toEqual({ status: 200, id })
      }
      for (const id of ["", "a b", "a".repeat(129), "a\tb", "é", "<x>", 'a"b']) {
        expect(yield* send({ "x-request-id": id })).toEqual({ status: 200, id: expect.stringMatching(uuid) })
      }
      const made = yield* Effect.all([send({}), send({})])
      expect(made[0]?.id).toMatch(uuid)
      expect(made[0]?.id).not.toBe(made[1]?.id)
    }).pipe(Effect.provide(app()))
  )

  it.effect("is on refusals, too", () =>
    Effect.gen(function* () {
      expect(yield* send({ "x-request-id": "r" })).toEqual({ status: 403, id: "r" })
      expect(yield* send({ "x-request-id": "r" }, "/nowhere")).toEqual({ status: 403, id: "r" })
    }).pipe(Effect.provide(app({ apiKey: "k" })))
  )

  it.effect("is in the log of the request, and of its stream", () =>
    Effect.gen(function* () {
      expect(yield* logged(complete(false))).toEqual(["req-1"])
      expect(yield* logged(Effect.map(complete(true), (id) => expect(id).toBe("req-1")))).toEqual(["req-1"])
    }).pipe(Effect.provide(app({ model: logging })))
  )

  it.effect("is on every span of the request", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordingTracer()
      yield* send({ "x-request-id": "req-1" }).pipe(Effect.withSpan("http"), Effect.withTracer(tracer))
      expect(spans().length).toBeGreaterThan(1)
      for (const { attributes, name } of spans())
        expect([name, attributes["julep.request_id"]]).toEqual([name, "req-1"])
    }).pipe(Effect.provide(app()))
  )

  it.effect("is not added in process: the caller has its own span", () =>
    Effect.gen(function* () {
      const { headers } = yield* HttpClient.get(`${Embedded.ORIGIN}/agents`)
      expect(headers["x-request-id"]).toBe(undefined)
    }).pipe(
      Effect.provide(Embedded.layerHttpClient({ storage: "memory", model: "offline" })),
      Effect.provideService(HttpClient.HttpClient, stub([]).client)
    )
  )
})
