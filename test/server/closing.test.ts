/** When a server listens, and how it closes while its clients stay. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Listener from "../../src/cli/serve/listener.js"
import * as Scripted from "../../src/layers/Scripted.js"
import * as Server from "../../src/server/Server.js"
import { latch, soon } from "../support/latches.js"
import { ask, complete, KEY, raw, servedPort } from "../support/serving.js"

describe("a server", () => {
  it.scopedLive("that closes answers whoever waits, ends connections that are open, and listens no more", () =>
    Effect.gen(function* () {
      const reached = latch()
      const model = Scripted.layer(() => {
        reached.open()
        return Scripted.never
      })
      const scope = yield* Scope.make()
      const port = yield* Scope.extend(servedPort({ model, streamOpening: 0 }), scope)
      const idle = yield* raw(port)
      const begun = yield* raw(port)
      begun.send(`POST /agents HTTP/1.1\r\nHost: localhost\r\nX-Auth-Key: ${KEY}\r\nContent-Length: 100\r\n\r\n{`)
      const waiting = yield* Effect.fork(ask(port, "/v1/chat/completions", complete()))
      yield* reached.opened
      yield* soon("the server closes")(Scope.close(scope, Exit.void))
      const answer = yield* Fiber.join(waiting)
      expect([answer.status, answer.json]).toMatchObject([503, { error: { code: "CLOSING" } }])
      expect(yield* begun.closed).toMatch(/^(HTTP\/1\.1 503 |$)/)
      expect(yield* idle.closed).toBe("")
      const refused = yield* Effect.exit(Effect.tryPromise(() => fetch(`http://127.0.0.1:${port}/health`)))
      expect(Exit.isFailure(refused)).toBe(true)
    })
  )

  it.scopedLive("is not ready from the moment when it begins to close", () =>
    Effect.gen(function* () {
      const closing = latch()
      const closed = yield* Deferred.make<void>()
      const slow = Layer.scopedDiscard(
        Effect.addFinalizer(() => Effect.zipRight(Effect.sync(closing.open), Deferred.await(closed)))
      ).pipe(Layer.provideMerge(Scripted.layer([])))
      const options = { storage: "memory", model: slow, keys: { operator: KEY }, accessLog: false } as const
      const { close, handler } = yield* Effect.promise(() => Server.handler(options))
      const statusOf = (path: string) =>
        Effect.map(
          Effect.promise(() => handler(new Request(`http://localhost${path}`))),
          ({ status }) => status
        )
      expect(yield* statusOf("/ready")).toBe(200)
      const ending = yield* Effect.fork(Effect.promise(close))
      // The store is still open: it closes after the model.
      yield* closing.opened
      expect(yield* statusOf("/ready")).toBe(503)
      expect(yield* statusOf("/health")).toBe(200)
      yield* Deferred.succeed(closed, undefined)
      yield* Fiber.join(ending)
    })
  )

  it.scopedLive("listens once its engine is open, and not before", () =>
    Effect.gen(function* () {
      const opening = yield* Deferred.make<void>()
      const asked = latch()
      const model = Scripted.layer([])
      const slow = Layer.effectDiscard(Effect.zipRight(Effect.sync(asked.open), Deferred.await(opening))).pipe(
        Layer.provideMerge(model)
      )
      let isListening = false
      const listener = Layer.suspend(() => {
        isListening = true
        return Listener.layer({ host: "127.0.0.1", port: 0 })
      })
      const server = Server.layer(listener, { storage: "memory", model: slow, keys: { operator: KEY } })
      const starting = yield* Effect.fork(Layer.build(server))
      yield* asked.opened
      expect(isListening).toBe(false)
      yield* Deferred.succeed(opening, undefined)
      yield* Fiber.join(starting)
      expect(isListening).toBe(true)
    })
  )
})
