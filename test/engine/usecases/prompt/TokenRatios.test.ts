import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scripted from "../../../../src/engine/model/Scripted.js"
import type { ModelRequest } from "../../../../src/engine/ports/Model.js"
import { TokenRatios } from "../../../../src/engine/usecases/prompt/TokenRatios.js"

const request = (model = "m"): ModelRequest => ({ model, messages: [], tools: [], settings: {} })

/** Ratios after replies that reported these tokens for a request of 100. */
const ratiosAfter = (reported: ReadonlyArray<number>, streamed = false) =>
  Effect.gen(function* () {
    const ratios = new TokenRatios(() => Effect.succeed(() => 100))
    const usage = (prompt_tokens: number) => ({ prompt_tokens, completion_tokens: 1, total_tokens: prompt_tokens + 1 })
    const scripted = yield* Scripted.make(reported.map((tokens) => Scripted.reply("ok", { usage: usage(tokens) })))
    const model = ratios.measuring(scripted)
    for (const _ of reported) {
      yield* streamed ? Stream.runDrain(model.stream(request())) : Effect.asVoid(model.complete(request()))
    }
    return ratios
  })

describe("the ratio of tokens", () => {
  it.effect("is the median of the last 20 replies, whole or streamed, and of one model", () =>
    Effect.gen(function* () {
      expect(new TokenRatios(() => Effect.succeed(() => 100)).of("m")).toBe(1)
      for (const streamed of [false, true]) {
        const ratios = yield* ratiosAfter([120, 900, 150], streamed)
        expect(ratios.of("m")).toBe(1.5)
        expect(ratios.of("other")).toBe(1)
        expect(ratios.correct("m", (text) => text.length)("12345")).toBe(8)
      }
      const old = Array.from({ length: 20 }, () => 200)
      expect((yield* ratiosAfter([...old, ...Array.from({ length: 11 }, () => 130)])).of("m")).toBe(1.3)
    })
  )

  it.effect("only ever raises a count, and at most to twice of it", () =>
    Effect.gen(function* () {
      expect((yield* ratiosAfter([50, 0])).of("m")).toBe(1)
      expect((yield* ratiosAfter([100])).of("m")).toBe(1)
      expect((yield* ratiosAfter([101])).of("m")).toBe(1.1)
      expect((yield* ratiosAfter([5000])).of("m")).toBe(2)
    })
  )
})
