/** Runs under one idempotency key at the same time. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { accumulateRun, Julep, tool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { embedded } from "../support/modes.js"
import { scene } from "../support/turns.js"

describe("two runs at once under one key", () => {
  it.effect.each(["run", "runStream"] as const)("%s: the second to send results is advised to run again", (method) =>
    Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const begun = yield* Deferred.make<void>()
      const latch = yield* Deferred.make<void>()
      const run = (hour: Effect.Effect<string>) => {
        const options = { tools: { hour: tool({ execute: () => hour }) } }
        const text =
          method === "run"
            ? Effect.map(julep.sessions.run(session.id, "When?", options), ({ text }) => text)
            : Effect.map(accumulateRun(julep.sessions.runStream(session.id, "When?", options)), ({ text }) => text)
        return text.pipe(Julep.withOptions({ idempotencyKey: "k" }))
      }
      const slow = Deferred.succeed(begun, undefined).pipe(
        Effect.zipRight(Deferred.await(latch)),
        Effect.as("one o'clock")
      )
      const second = yield* Effect.fork(Effect.flip(run(slow)))
      yield* Deferred.await(begun)
      const first = yield* run(Effect.succeed("noon"))
      yield* Deferred.succeed(latch, undefined)
      expect(yield* Fiber.join(second)).toMatchObject({
        _tag: "Conflict",
        code: "IDEMPOTENCY_KEY_REUSED",
        message: expect.stringContaining("Run again under the key")
      })
      expect(yield* run(Effect.die("a tool ran again"))).toBe(first)
    }).pipe(Effect.provide(embedded([Scripted.toolCall("hour"), Scripted.reply("It is noon.")])))
  )
})
