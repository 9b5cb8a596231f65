import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { ModelError } from "../../src/engine/ports/Model.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { soon, until } from "../support/latches.js"
import { lastRequest, modelReply, requests, scene, UNKNOWN_ID, waitingTurns } from "../support/turns.js"
import { send, type Wired } from "../support/wire.js"

const hello = [{ role: "user", content: "Hello" }]
const unknownTool = { type: "function", function: { name: "nothing" } }

/** Requests that cannot be carried out, by their fault: the body, and the status and the path of the issue. */
const impossible = {
  "a tool that there is not": [{ messages: hello, tool_choice: unknownTool }, "tool_choice.function.name"],
  "a template that cannot be read": [
    { messages: [{ role: "system", content: "{% if %}" }, ...hello] },
    "messages[0].content"
  ],
  "a template that cannot be rendered": [
    { messages: [{ role: "system", content: "{{ range(99999999) }}" }, ...hello] },
    "messages[0].content"
  ],
  "a message larger than the window": [{ messages: [{ role: "user", content: "word ".repeat(9000) }] }, "messages"]
} as const

/** A streamed chat that cannot start: its response has the status of the failure, like that of a unary chat. */
export const chatStatus = (mode: Wired) =>
  describe("the status of a streamed chat", () => {
    it.effect("is 404 for a session that does not exist", () =>
      Effect.gen(function* () {
        for (const stream of [false, true]) {
          expect(
            yield* send("POST", `/sessions/${UNKNOWN_ID}/chat`, { json: { messages: hello, stream } })
          ).toMatchObject({
            status: 404,
            body: { error: { code: "NOT_FOUND" } }
          })
        }
      }).pipe(Effect.provide(mode()))
    )

    for (const [what, [body, path]] of Object.entries(impossible)) {
      it.effect(`is 422 for ${what}, and nothing is stored or sent to the model`, () =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene({ session: { render_templates: true } })
          for (const stream of [false, true]) {
            expect(yield* send("POST", `/sessions/${session.id}/chat`, { json: { ...body, stream } })).toMatchObject({
              status: 422,
              body: { error: { issues: [{ path }] } }
            })
          }
          expect(yield* julep.sessions.history(session.id)).toEqual([])
          expect(yield* requests).toEqual([])
        }).pipe(Effect.provide(mode()))
      )
    }

    it.effect("is 422 at once, also while the turn waits for the one before it on its session", () =>
      Effect.gen(function* () {
        const reached = yield* Deferred.make<void>()
        const step: Scripted.Step = () => Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
        yield* Effect.gen(function* () {
          const { session } = yield* scene({ session: { render_templates: true } })
          const path = `/sessions/${session.id}/chat`
          const first = yield* Effect.fork(send("POST", path, { json: { messages: hello } }))
          yield* Effect.raceFirst(Deferred.await(reached), Fiber.join(first))
          for (const [what, [body]] of Object.entries(impossible)) {
            const refused = yield* soon(`the refusal of ${what}`)(
              send("POST", path, { json: { ...body, stream: true } })
            )
            expect([what, refused.status]).toEqual([what, 422])
          }
          yield* Fiber.interrupt(first)
        }).pipe(Effect.provide(mode([step])))
      })
    )

    it.effect("a waiting result of a tool is not a template, unlike messages of the assistant", () =>
      Effect.gen(function* () {
        const reached = yield* Deferred.make<void>()
        const go = yield* Deferred.make<void>()
        const calls: Scripted.Step = () =>
          Deferred.succeed(reached, undefined).pipe(
            Effect.zipRight(Deferred.await(go)),
            Effect.as({ ...modelReply(""), tool_calls: [{ id: "c1", name: "tide", arguments: "{}" }] })
          )
        yield* Effect.gen(function* () {
          const { session } = yield* scene({ session: { render_templates: true } })
          const path = `/sessions/${session.id}/chat`
          const first = yield* Effect.fork(send("POST", path, { json: { messages: hello } }))
          yield* Effect.raceFirst(Deferred.await(reached), Fiber.join(first))
          const before = yield* waitingTurns
          const messages = [{ role: "assistant", content: "{% if %}" }]
          const second = yield* Effect.fork(send("POST", path, { json: { messages, stream: true } }))
          const waits = until("a turn that waits", waitingTurns, (count) => count > before)
          yield* Effect.raceFirst(waits, Fiber.join(second))
          yield* Deferred.succeed(go, undefined)
          expect((yield* Fiber.join(second)).status).toBe(200)
          expect((yield* lastRequest).messages.at(-1)).toMatchObject({ role: "tool", content: "{% if %}" })
        }).pipe(Effect.provide(mode([calls, Scripted.reply("ok")])))
      })
    )

    it.effect.each([
      ["rate_limited", 429],
      ["invalid_request", 400],
      ["unauthorized", 502],
      ["unavailable", 502]
    ] as const)("is that of the model's failure before its first event: %s is %d", ([reason, status]) =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        for (const stream of [false, true]) {
          const answered = yield* send("POST", `/sessions/${session.id}/chat`, { json: { messages: hello, stream } })
          expect(answered.status).toBe(status)
        }
      }).pipe(Effect.provide(mode(() => Scripted.fail(new ModelError({ reason, message: "not now" })))))
    )
  })
