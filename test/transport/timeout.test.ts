import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import type { JulepConfig } from "../../src/layers/JulepConfig.js"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"

/** A body whose first bytes come and whose rest never does. */
const endless = () => new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array([123])) }))

const silent = () => Effect.never

describe("the total budget", () => {
  const budgets: ReadonlyArray<readonly [string, JulepConfig.Options["timeout"], number]> = [
    ["by default", undefined, 300_000],
    ["as milliseconds", 2500, 2500],
    ["with a unit", "1 minute", 60_000],
    ["by its part", { total: "7 seconds" }, 7000]
  ]
  for (const [how, timeout, milliseconds] of budgets) {
    for (const [what, answer] of [
      ["a body that never ends", endless],
      ["headers that never come", silent]
    ] as const) {
      it.effect(`${how} ends ${what} after ${milliseconds} ms, not before`, () =>
        Effect.gen(function* () {
          const { julep } = yield* stubbed(answer, { timeout })
          const call = yield* Effect.fork(Effect.flip(julep.agents.get(f.agentId)))
          yield* TestClock.adjust(milliseconds - 1)
          expect(yield* Fiber.poll(call)).toMatchObject({ _tag: "None" })
          yield* TestClock.adjust(1)
          const error = errorFields(yield* Fiber.join(call))
          expect(error).toMatchObject({ _tag: "TimeoutError", phase: "total", method: "GET" })
          expect(error["path"]).toBe(`/api/agents/${f.agentId}`)
        })
      )
    }
  }

  it.effect("covers redirects together, not one by one", () =>
    Effect.gen(function* () {
      const hop = () => new Response(null, { status: 307, headers: { location: "/again" } })
      const { julep } = yield* stubbed(() => Effect.delay(Effect.sync(hop), "4 seconds"), { timeout: "10 seconds" })
      const call = yield* Effect.fork(Effect.flip(julep.agents.list()))
      yield* TestClock.adjust("10 seconds")
      expect((yield* Fiber.join(call))._tag).toBe("TimeoutError")
    })
  )

  it.effect("covers the completions too", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed(silent, { timeout: 50 })
      const call = yield* Effect.fork(Effect.flip(julep.completions.create({ prompt: "Once" })))
      yield* TestClock.adjust(50)
      expect(errorFields(yield* Fiber.join(call))).toMatchObject({ _tag: "TimeoutError", path: "/v1/completions" })
    })
  )

  it.effect("interrupts the request it gives up, and so does interruption", () =>
    Effect.gen(function* () {
      for (const timeout of [50, "1 hour"] as const) {
        const started = yield* Deferred.make<void>()
        const ended = yield* Deferred.make<void>()
        const hanging = Effect.zipRight(Deferred.succeed(started, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
        )
        const { julep } = yield* stubbed(() => hanging, { timeout })
        const call = yield* Effect.fork(Effect.exit(julep.agents.list()))
        yield* Deferred.await(started)
        yield* timeout === 50 ? TestClock.adjust(timeout) : Fiber.interrupt(call)
        yield* Deferred.await(ended)
      }
    })
  )

  it.effect("an answer in time is an answer", () =>
    Effect.gen(function* () {
      const late = () => Effect.delay(Effect.succeed(Response.json({ items: [] })), 40)
      const { julep } = yield* stubbed(late, { timeout: 50 })
      const call = yield* Effect.fork(julep.agents.list())
      yield* TestClock.adjust(40)
      expect(yield* Fiber.join(call)).toEqual([])
    })
  )
})
