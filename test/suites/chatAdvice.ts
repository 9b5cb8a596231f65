import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { scene } from "../support/turns.js"
import { send, type Wired } from "../support/wire.js"

const hello = [{ role: "user", content: "Hello" }] as const

const advice = { retryAfter: 7, shouldRetry: false } as const

/** Failures of a model, and the response to each. */
const failures = [
  [{ reason: "rate_limited", ...advice }, 429, "RateLimited", "false"],
  [{ reason: "unavailable", ...advice }, 502, "ServerError", "false"],
  [{ reason: "unavailable", retryAfter: 7 }, 502, "ServerError", undefined]
] as const

/** The advice on another attempt, in every kind of response. */
export const chatAdvice = (mode: Wired) =>
  describe("advice on another attempt", () => {
    for (const [failure, status, _tag, header] of failures) {
      it.effect(`${status}, x-should-retry ${header}: the pause reaches the caller, unary, keyed and streamed`, () =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const path = `/sessions/${session.id}/chat`
          for (const headers of [{}, { "idempotency-key": "once" }]) {
            const answered = yield* send("POST", path, { json: { messages: hello }, headers })
            expect(answered).toMatchObject({ status, headers: { "retry-after": "7" } })
            expect(answered.headers["x-should-retry"]).toBe(header)
          }
          const whole = julep.sessions.chat(session.id, { messages: hello })
          const stream = julep.sessions.chatStream(session.id, { messages: hello })
          for (const call of [whole, Stream.runDrain(stream)]) {
            expect(yield* Effect.flip(call.pipe(Julep.withOptions({ retry: false })))).toMatchObject({
              _tag,
              retryAfter: 7
            })
          }
        }).pipe(Effect.provide(mode(() => Scripted.fail(new Scripted.ModelError({ message: "later", ...failure })))))
      )
    }

    it.effect("a key that the endpoint rejects is a 502 that is not retried", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        const answered = yield* send("POST", `/sessions/${session.id}/chat`, { json: { messages: hello } })
        expect(answered).toMatchObject({
          status: 502,
          headers: { "x-should-retry": "false" },
          body: { error: { code: "MODEL_UNAUTHORIZED" } }
        })
      }).pipe(Effect.provide(mode([Scripted.fail(new Scripted.ModelError({ reason: "unauthorized", message: "no" }))])))
    )
  })
