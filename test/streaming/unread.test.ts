/** The scope of a request ends the model's call for a streamed response that nobody reads. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import * as InProcess from "../../src/engine/http/InProcess.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { latch, soon } from "../support/latches.js"

type Post = (path: string, body: unknown) => Effect.Effect<{ readonly status: number }, unknown, Scope.Scope>

const inProcess =
  (app: HttpApp.Default): Post =>
  (path, body) =>
    InProcess.make(app, Embedded.ORIGIN).execute(
      HttpClientRequest.post(`${Embedded.ORIGIN}${path}`).pipe(HttpClientRequest.setBody(HttpBody.unsafeJson(body)))
    )

/** As a server runs the app: in a scope of the request, in which it writes the body. */
const served =
  (app: HttpApp.Default): Post =>
  (path, body) => {
    const headers = { "content-type": "application/json" }
    const web = new Request(`${Embedded.ORIGIN}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
    const request = HttpServerRequest.fromWeb(web).modify({ url: path })
    return Effect.provideService(app, HttpServerRequest.HttpServerRequest, request)
  }

/** Creates an entity and returns its id. */
const created = (app: HttpApp.Default, path: string, body: unknown) =>
  InProcess.make(app, Embedded.ORIGIN)
    .execute(
      HttpClientRequest.post(`${Embedded.ORIGIN}${path}`).pipe(HttpClientRequest.setBody(HttpBody.unsafeJson(body)))
    )
    .pipe(
      Effect.flatMap(({ json }) => json),
      Effect.flatMap(Schema.decodeUnknown(Schema.Struct({ id: Schema.String }))),
      Effect.map(({ id }) => id)
    )

const messages = [{ role: "user", content: "Tell me" }]

const paths = {
  "/v1/chat/completions": () => Effect.succeed("/v1/chat/completions"),
  "/sessions/{id}/chat": (app: HttpApp.Default) =>
    Effect.gen(function* () {
      const agent_id = yield* created(app, "/agents", { name: "Ada" })
      return `/sessions/${yield* created(app, "/sessions", { agent_id })}/chat`
    })
}

for (const [mode, postOf] of Object.entries({ inProcess, served })) {
  describe(mode, () => {
    for (const [name, pathOf] of Object.entries(paths)) {
      it.effect(`an unread stream of ${name} ends the model's call with the scope of its request`, () => {
        const asked = latch()
        const ended = latch()
        const silent: Scripted.Step = () =>
          Stream.ensuring(
            Stream.concat(Stream.drain(Stream.fromEffect(Effect.sync(asked.open))), Stream.never),
            Effect.sync(ended.open)
          )
        return Effect.gen(function* () {
          const app = yield* Embedded.EngineApp
          const path = yield* pathOf(app)
          yield* Effect.scoped(
            Effect.gen(function* () {
              const { status } = yield* postOf(app)(path, { messages, stream: true })
              expect(status).toBe(200)
              yield* soon("the model's call")(asked.opened)
              expect(ended.isOpen()).toBe(false)
            })
          )
          yield* soon("the end of the model's call")(ended.opened)
        }).pipe(
          Effect.provide(Embedded.layerApp({ storage: "memory", model: Scripted.layer([silent]), streamOpening: 0 }))
        )
      })
    }
  })
}
