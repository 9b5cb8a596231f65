import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { estimateTokens } from "../../../../src/engine/ports/Tokenizer.js"
import { toFold } from "../../../../src/engine/usecases/learn/Summarize.js"
import { costOf } from "../../../../src/engine/usecases/prompt/Budget.js"
import { entryOf } from "../../../../src/engine/usecases/prompt/Context.js"
import * as Scripted from "../../../../src/layers/Scripted.js"
import { layerTest } from "../../../../src/layers/TestEngine.js"
import { drain } from "../../../../src/testing/index.js"
import { chat, requests, scene, systemOf, turnsOf } from "../../../support/turns.js"

const message = (id: string, words: number) => entryOf({ role: "user", content: "word ".repeat(words) }, id, 0)
const cost = costOf(message("a", 70), estimateTokens)

describe("toFold", () => {
  const entries = ["a", "b", "c", "d", "e"].map((id) => message(id, 70))
  const folded = (keep: number, most: number) => toFold(entries, keep, most, estimateTokens).map(({ id }) => id)

  it("keeps the newest messages, and one at least", () => {
    expect(folded(2 * cost, 100 * cost)).toEqual(["a", "b", "c"])
    expect(folded(0, 100 * cost)).toEqual(["a", "b", "c", "d"])
  })

  it("takes no more than fits one request, and one message at least", () => {
    expect(folded(cost, 2 * cost)).toEqual(["a", "b"])
    expect(folded(cost, 1)).toEqual(["a"])
  })

  it("leaves calls with their results", () => {
    const call = { ...message("call", 70), role: "function_call" }
    const result = { ...message("result", 70), role: "function" }
    const ids = toFold([message("a", 70), call, result], 0, 100 * cost, estimateTokens).map(({ id }) => id)
    expect(ids).toEqual(["a"])
  })
})

const WINDOW = 600
/** About 100 tokens. */
const line = (number: number) => `Number ${number}. ${"word ".repeat(68)}`

describe("a very long message", () => {
  it.effect("may have a summary of a few words, because the model is shown only its start", () => {
    const model = Scripted.layer(() => Scripted.reply("Sam pasted a log."), { instructable: true })
    const engine = Layer.merge(layerTest({ model, contextWindow: 200_000 }), model)
    return Effect.gen(function* () {
      const { julep, session } = yield* scene()
      yield* chat(session.id, "line of a log ".repeat(15_000), { remember: false })
      yield* drain
      expect((yield* julep.sessions.get(session.id)).summary).toBe("Sam pasted a log.")
    }).pipe(Effect.provide(engine))
  })
})

describe("a very low threshold", () => {
  it.effect.each([1, 2, 3])("fault: of %s tokens asks for a summary of some words", (threshold) => {
    const model = Scripted.layer(() => Scripted.reply("Sam counts numbers."), { instructable: true })
    const engine = Layer.merge(layerTest({ model, summarization: { threshold } }), model)
    return Effect.gen(function* () {
      const { julep, session } = yield* scene()
      yield* chat(session.id, line(1), { remember: false })
      yield* drain
      expect((yield* julep.sessions.get(session.id)).summary).toBe("Sam counts numbers.")
      const words = (yield* requests).flatMap((request) => /At most (\d+) words/.exec(systemOf(request))?.[1] ?? [])
      expect(words.map(Number)).toEqual([15])
    }).pipe(Effect.provide(engine))
  })
})

describe("a summary", () => {
  it.effect("leaves the newest messages of half the threshold as they are", () => {
    const threshold = 1000
    const model = Scripted.layer(() => Scripted.reply("The sea is calm. ".repeat(20)), { instructable: true })
    const engine = Layer.merge(layerTest({ model, summarization: { threshold } }), model)
    return Effect.gen(function* () {
      const { session } = yield* scene()
      for (let number = 1; ; number++) {
        const { jobs } = yield* chat(session.id, line(number), { remember: false })
        if (jobs.length > 0) break
      }
      yield* drain
      const asked = yield* requests
      const numbers = (text: string) => [...text.matchAll(/Number (\d+)\./g)].map(([, number]) => Number(number))
      const chats = asked.filter((request) => !systemOf(request).includes("running summary"))
      const folded = numbers(JSON.stringify(asked.find((request) => !chats.includes(request))?.messages))
      const kept = chats.length - folded.length
      expect(folded).toEqual(Array.from({ length: folded.length }, (_, index) => index + 1))
      // A turn has about 210 tokens: two of them fit in 500.
      expect([chats.length, kept]).toEqual([5, 2])
    }).pipe(Effect.provide(engine))
  })
})

/** An engine whose model has a small window. */
const small = (script: Scripted.Script) => {
  const model = Scripted.layer(script, { instructable: true })
  return Layer.merge(layerTest({ model, contextWindow: WINDOW }), model)
}

describe("a model with a small window", () => {
  const isSummary = (request: Scripted.ModelRequest) => systemOf(request).includes("running summary")

  it.effect("has its sessions summarized at half of the window, by requests and with a summary that fit it", () => {
    let ready = false
    const script: Scripted.Script = (request) => {
      if (!isSummary(request)) return Scripted.reply("ok")
      return ready
        ? Scripted.reply("The sea is calm. ".repeat(500))
        : Scripted.fail(new Scripted.ModelError({ reason: "unavailable", message: "not yet" }))
    }
    return Effect.gen(function* () {
      const { julep, session } = yield* scene()
      const due: Array<number> = []
      for (let number = 1; number <= 8; number++) {
        const { jobs } = yield* chat(session.id, line(number), { remember: false, max_tokens: 20 })
        if (jobs.length > 0) due.push(number)
      }
      // Each turn has about 110 tokens; half of the window is 300.
      expect(due[0]).toBe(3)
      ready = true
      yield* TestClock.adjust("1 minute")
      yield* drain
      const { summary } = yield* julep.sessions.get(session.id)
      expect(summary).toMatch(/^The sea is calm\./)
      // A quarter of the 300 tokens, and seven characters a token.
      expect(summary?.length).toBeLessThanOrEqual(75 * 7)
      const received = (yield* requests).filter(isSummary)
      expect(received.length).toBeGreaterThan(1)
      for (const request of received) {
        const shown = String(turnsOf(request)[0]?.content).split("<messages>")[1] ?? ""
        expect(estimateTokens(shown)).toBeLessThanOrEqual(WINDOW / 2)
      }
    }).pipe(Effect.provide(small(script)))
  })
})
