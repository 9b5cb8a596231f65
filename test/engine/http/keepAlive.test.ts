/** Comments keep the connection of a silent stream open; a stream in process has no connection. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Embedded } from "../../../src/embedded.js"
import * as InProcess from "../../../src/engine/http/InProcess.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { stub } from "../../support/stubClient.js"

const request = HttpClientRequest.post(`${Embedded.ORIGIN}/v1/chat/completions`).pipe(
  HttpClientRequest.setBody(
    HttpBody.unsafeJson({ model: "m", stream: true, messages: [{ role: "user", content: "Hi" }] })
  )
)

type Options = Pick<Embedded.Options, "model" | "streamOpening">

const served = (options: Options) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(Embedded.EngineApp, (app) => InProcess.make(app, Embedded.ORIGIN))
  ).pipe(Layer.provide(Embedded.layerApp({ storage: "memory", ...options })))

const inProcess = (options: Options) =>
  Embedded.layerHttpClient({ storage: "memory", ...options }).pipe(
    Layer.provide(Layer.sync(HttpClient.HttpClient, () => stub([]).client))
  )

/** How many comments a stream has had after each of these waits, its model being silent all the time. */
const commentsAfter = (
  http: Layer.Layer<HttpClient.HttpClient, unknown>,
  reached: Deferred.Deferred<void>,
  waits: ReadonlyArray<`${number} millis`>
) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const { stream } = yield* client.execute(request)
    let text = ""
    const reading = yield* Effect.fork(
      Stream.runForEach(Stream.decodeText(stream), (piece) =>
        Effect.sync(() => {
          text += piece
        })
      )
    )
    yield* Deferred.await(reached)
    const counts = yield* Effect.forEach(waits, (wait) =>
      Effect.map(TestClock.adjust(wait), () => text.split(": keep-alive\n\n").length - 1)
    )
    yield* Fiber.interrupt(reading)
    return counts
  }).pipe(Effect.provide(http))

for (const [name, http, counts] of [
  ["a served stream is kept alive by a comment for every 15 seconds of silence", served, [0, 1, 2]],
  ["a stream in process has no comments", inProcess, [0, 0, 0]]
] as const) {
  it.effect(name, () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const silent: Scripted.Step = () =>
        Stream.concat(Stream.drain(Stream.fromEffect(Deferred.succeed(reached, undefined))), Stream.never)
      const model = Scripted.layer([silent])
      const waits = ["14999 millis", "1 millis", "15000 millis"] as const
      expect(yield* commentsAfter(http({ model, streamOpening: 0 }), reached, waits)).toEqual(counts)
    })
  )
}
