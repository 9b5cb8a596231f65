/** A streamed reply as the response of an Effect HTTP app. */
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { eventResponse, Julep, ServerError, SessionId } from "../../src/index.js"
import { layerMemory } from "../../src/testing/index.js"
import { scene, UNKNOWN_ID } from "../support/turns.js"

const request = new Request("http://app.test/", { method: "POST" })

const dataOf = (text: string): ReadonlyArray<unknown> =>
  text
    .split("\n\n")
    .flatMap((event) => (event.startsWith("data: ") ? [event.slice(6)] : []))
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)))

/** The response that a browser gets from an app that answers with the events. */
const served = <A, E>(events: Stream.Stream<A, E>) =>
  Effect.promise(() => HttpApp.toWebHandler(eventResponse(events))(request))

describe("eventResponse", () => {
  it.effect("is the events of the API, with [DONE] at the end", () =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const response = yield* served(julep.sessions.chatStream(session.id, "Hello"))
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"])
      const data = dataOf(yield* Effect.promise(() => response.text()))
      expect(JSON.stringify(data)).toContain('"role":"assistant"')
      expect(data.at(-2)).toMatchObject({ usage: { total_tokens: expect.any(Number) } })
      expect(data.at(-1)).toBe("[DONE]")
    }).pipe(Effect.provide(layerMemory({ script: ["Ahoy there"] })))
  )

  it.effect("fails with the typed error of a request that fails, so that the app decides the status", () =>
    Effect.gen(function* () {
      const { sessions } = yield* Julep
      const app = eventResponse(sessions.chatStream(SessionId.make(UNKNOWN_ID), "Hello")).pipe(
        Effect.catchTag("NotFound", ({ resource }) => HttpServerResponse.text(`no ${resource}`, { status: 404 }))
      )
      const response = yield* Effect.promise(() => HttpApp.toWebHandler(app)(request))
      expect([response.status, yield* Effect.promise(() => response.text())]).toEqual([404, "no session"])
    }).pipe(Effect.provide(layerMemory()))
  )

  it.effect("ends with the error of a failure midway, without the details of one of the server", () =>
    Effect.gen(function* () {
      const error = new ServerError({ message: "the secret model is away", status: 502, reason: "model-unavailable" })
      const response = yield* served(Stream.concat(Stream.make({ n: 1 }), Stream.fail(error)))
      const text = yield* Effect.promise(() => response.text())
      expect(dataOf(text)).toMatchObject([{ n: 1 }, { error: { status: 502, reason: "model-unavailable" } }])
      expect(text).not.toContain("secret")
    })
  )

  it.live("stops the turn when the browser leaves", () =>
    Effect.gen(function* () {
      const stopped = yield* Deferred.make<void>()
      const events = Stream.concat(Stream.make({ n: 1 }), Stream.never).pipe(
        Stream.ensuring(Deferred.succeed(stopped, undefined))
      )
      const response = yield* served(events)
      const reader = response.body?.getReader()
      yield* Effect.promise(async () => reader?.read())
      yield* Effect.promise(async () => reader?.cancel())
      yield* Deferred.await(stopped)
    })
  )
})
