import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ModelError } from "../../src/engine/ports/Model.js"
import { textOf } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Mode } from "../support/modes.js"
import { chat, failure, scene } from "../support/turns.js"

const failing = (reason: ModelError["reason"]) => Scripted.fail(new ModelError({ reason, message: "it broke" }))

/** What a failure of the model is, as a `ServerError` says it. */
const failures = [
  ["unauthorized", "MODEL_UNAUTHORIZED", "model-key"],
  ["unavailable", "MODEL", "model-unavailable"],
  ["empty_reply", "EMPTY_REPLY", "model-unavailable"]
] as const

/** A server error says what failed: the key of the model, the model, or the engine. */
export const errorReasons = (mode: Mode) =>
  describe("the reason of a server error", () => {
    for (const [kind, code, reason] of failures) {
      const expected = { _tag: "ServerError", status: 502, code, reason }

      it.live(`is ${reason} for ${kind}, in a chat, in a stream that did not begin, and in one that broke off`, () =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const streamed = () => failure(textOf(julep.sessions.chatStream(session.id, "Hello")))
          expect(yield* failure(chat(session.id, "Hello"))).toMatchObject(expected)
          expect(yield* streamed()).toMatchObject(expected)
          expect(yield* streamed()).toMatchObject(expected)
        }).pipe(Effect.provide(mode([failing(kind), failing(kind), Scripted.pieces(["half a"], failing(kind))])))
      )

      it.live(`is ${reason} for ${kind} in a chat completion`, () =>
        Effect.gen(function* () {
          const { julep } = yield* scene()
          const messages = [{ role: "user", content: "Hello" }] as const
          expect(yield* failure(julep.chat.completions.create({ messages }))).toMatchObject(expected)
        }).pipe(Effect.provide(mode([failing(kind)])))
      )
    }

    it.live("is of server errors alone", () =>
      Effect.gen(function* () {
        const { session } = yield* scene()
        expect(yield* failure(chat(session.id, "Hello"))).not.toHaveProperty("reason")
      }).pipe(Effect.provide(mode([failing("unknown_model")])))
    )
  })
