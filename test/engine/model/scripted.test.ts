import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scripted from "../../../src/engine/model/Scripted.js"
import { Model, ModelError, type ModelRequest } from "../../../src/engine/ports/Model.js"

const request = (content: string): ModelRequest => ({
  model: "m",
  messages: [{ role: "user", content }],
  tools: [],
  settings: {}
})

const unavailable = new ModelError({ reason: "unavailable", message: "down" })

describe("Scripted", () => {
  it.effect("answers step by step and records its requests", () =>
    Effect.gen(function* () {
      const model = yield* Model
      const first = yield* model.complete(request("1234567"))
      expect(first).toEqual({
        content: "seven!!",
        tool_calls: [],
        finish_reason: "stop",
        usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 }
      })
      const second = yield* model.complete(request("b"))
      expect(second.tool_calls).toEqual([{ id: "call_search", name: "search", arguments: '{"q":"x"}' }])
      expect(second).toMatchObject({ content: null, finish_reason: "tool_calls" })
      expect(yield* Effect.flip(model.complete(request("c")))).toBe(unavailable)
      const spent = yield* Effect.flip(model.complete(request("d")))
      expect(spent.message).toBe(
        "The script of the model has 3 steps, but the model was called once more. Add a step, or set the option otherwise."
      )
      const { requests } = yield* Scripted.Scripted
      expect((yield* requests).map(({ messages }) => messages[0]!.content)).toEqual(["1234567", "b", "c", "d"])
    }).pipe(
      Effect.provide(
        Scripted.layer([Scripted.reply("seven!!"), Scripted.toolCall("search", { q: "x" }), Scripted.fail(unavailable)])
      )
    )
  )

  it.effect("repeats a default, and follows a function", () =>
    Effect.gen(function* () {
      const listed = yield* Scripted.make([], { otherwise: Scripted.reply("again"), models: ["a", "b"] })
      expect((yield* listed.complete(request(""))).content).toBe("again")
      expect((yield* listed.complete(request(""))).content).toBe("again")
      expect(yield* listed.list).toEqual(["a", "b"])
      const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
      const computed = yield* Scripted.make((request, index) =>
        Scripted.reply(`${request.model}${index}`, { finish_reason: "length", usage })
      )
      yield* computed.complete(request(""))
      expect(yield* computed.complete(request(""))).toMatchObject({ content: "m1", finish_reason: "length", usage })
    })
  )

  it.effect("waits until the test lets it answer, or forever", () =>
    Effect.gen(function* () {
      const latch = yield* Deferred.make<void>()
      const model = yield* Scripted.make([Scripted.hold(latch, Scripted.reply("held")), Scripted.never])
      const held = yield* Effect.fork(model.complete(request("a")))
      yield* Effect.yieldNow()
      expect(yield* Fiber.poll(held)).toEqual(Option.none())
      expect(yield* model.requests).toHaveLength(1)
      yield* Deferred.succeed(latch, undefined)
      expect((yield* Fiber.join(held)).content).toBe("held")
      const never = yield* Effect.fork(model.complete(request("b")))
      yield* Effect.yieldNow()
      expect(yield* Fiber.poll(never)).toEqual(Option.none())
      yield* Fiber.interrupt(never)
      expect(yield* model.requests).toHaveLength(2)
    })
  )
})
