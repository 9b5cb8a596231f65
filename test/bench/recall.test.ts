import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as ReplayClock from "../../bench/recall/clock.js"
import { timeOf } from "../../bench/recall/data.js"
import {
  difference,
  differing,
  means,
  ndcg,
  percentile,
  recallAt,
  reciprocalRank
} from "../../bench/recall/measures.js"
import { rankings } from "../../bench/recall/plain.js"

describe("the measures of bench:recall", () => {
  it("nDCG@10 has the gain 2^grade - 1, is 1 for the ideal order, and ignores what comes after the tenth", () => {
    const grades = new Map([
      ["best", 3],
      ["good", 2],
      ["fair", 1]
    ])
    expect(ndcg(["best", "good", "fair"], grades)).toBe(1)
    // 3 / log2(3) + 7 / log2(4) over 7 + 3 / log2(3) + 1 / log2(4).
    expect(ndcg(["none", "good", "best"], grades)).toBeCloseTo((3 / Math.log2(3) + 3.5) / (7 + 3 / Math.log2(3) + 0.5))
    const others = Array.from({ length: 10 }, (_, index) => `other ${index}`)
    expect(ndcg([...others, "best"], grades)).toBe(0)
    expect(ndcg(["best"], new Map())).toBe(0)
  })

  it("an ideal order has ten docs, so a question with more relevant docs can have an nDCG@10 of 1", () => {
    const grades = new Map(Array.from({ length: 30 }, (_, index) => [`doc ${index}`, 1] as const))
    expect(ndcg([...grades.keys()].slice(0, 10), grades)).toBe(1)
  })

  it("recall is the part of what is wanted, and the reciprocal rank that of the first", () => {
    expect(recallAt(2, ["a", "b", "c"], ["c", "a"])).toBe(0.5)
    expect(recallAt(3, ["a", "b", "c"], ["c", "a"])).toBe(1)
    expect(recallAt(3, ["a"], [])).toBe(0)
    expect(reciprocalRank(["a", "b", "c"], ["c", "b"])).toBe(0.5)
    expect(reciprocalRank(["a"], ["b"])).toBe(0)
  })

  it("means are those of each column, and a percentile is the value that so many do not exceed", () => {
    const rows = [
      [1, 2],
      [3, 6]
    ]
    expect(means(rows)).toEqual([2, 4])
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([percentile(values, 0.5), percentile(values, 0.95)]).toEqual([51, 96])
  })

  it("the interval of a difference is paired: it is narrow where each question gains as much, and wide where few do", () => {
    const scores = Array.from({ length: 200 }, (_, index) => (index % 10) / 10)
    const steady = difference(
      scores.map((score) => score + 0.1),
      scores
    )
    expect(steady.mean).toBeCloseTo(0.1)
    expect(steady.high - steady.low).toBeLessThan(1e-9)
    const uneven = scores.map((score, index) => (index % 20 === 0 ? score + 1 : index % 20 === 10 ? score - 1 : score))
    const wide = difference(uneven, scores)
    expect(wide.mean).toBeCloseTo(0)
    // The standard error is sqrt(0.1 / 200), about 0.022, and the interval 1.96 of it to each side.
    expect(wide.high - wide.low).toBeGreaterThan(0.07)
    expect(wide.high - wide.low).toBeLessThan(0.1)
    expect(wide.low).toBeLessThan(0)
    expect(difference(uneven, scores)).toEqual(wide)
  })
})

describe("the comparison of stores in bench:recall", () => {
  const found = (...keys: ReadonlyArray<string>) => keys.map((key, rank) => ({ key, score: 1 / (rank + 1) }))

  it("counts lists with other results, in another order, or of another length, and measures the scores", () => {
    const one = [found("a", "b"), found("c", "d"), found("e", "f"), found("g")]
    expect(differing(one, one)).toEqual({ lists: 0, scores: 0 })
    // In the second list, each has the score of the other.
    const other = [found("a", "b"), found("d", "c"), found("e"), found("g", "h")]
    expect(differing(one, other)).toEqual({ lists: 3, scores: 0.5 })
    const scored = one.map((list) => list.map(({ key, score }) => ({ key, score: score - 0.001 })))
    expect(differing(one, scored).lists).toBe(0)
    expect(differing(one, scored).scores).toBeCloseTo(0.001)
    expect(differing(one, []).lists).toBe(4)
  })
})

describe("the data of bench:recall", () => {
  it("times of conversations are those of their sessions, in UTC", () => {
    expect(timeOf({ at: "1:56 pm on 8 May, 2023" })).toBe(Date.UTC(2023, 4, 8, 13, 56))
    expect(timeOf({ at: "12:09 am on 13 September, 2023" })).toBe(Date.UTC(2023, 8, 13, 0, 9))
    expect(timeOf({ at: "12:30 pm on 1 January, 2022" })).toBe(Date.UTC(2022, 0, 1, 12, 30))
    expect(() => timeOf({ at: "yesterday" })).toThrow('is "yesterday"')
  })

  it.effect("a conversation is replayed at its own time, which goes on", () => {
    const { clock, set } = ReplayClock.make()
    return Effect.gen(function* () {
      const then = Date.UTC(2023, 4, 8)
      set(then)
      const first = yield* Clock.currentTimeMillis
      expect(first).toBeGreaterThanOrEqual(then)
      expect(first).toBeLessThan(then + 60_000)
      expect(yield* Clock.currentTimeMillis).toBeGreaterThanOrEqual(first)
    }).pipe(Effect.withClock(clock))
  })
})

describe("the plain BM25 of bench:recall", () => {
  const texts = [
    { id: "boats", text: "The boats of the harbour, the harbour and its boats" },
    { id: "boat", text: "A boat." },
    { id: "lamp", text: "The lamp of the kitchen is broken, and nobody has looked after it for weeks now" },
    { id: "lamps", text: "Lamps are sold in the harbour" },
    // A word of half the texts or more has no weight.
    ...["rain", "snow", "wind", "fog", "hail", "sun"].map((text) => ({ id: text, text }))
  ]
  const of = (question: string, limit = 10) => Effect.map(rankings(texts, [question], limit), ([ids]) => ids)

  it.effect("finds texts by any word, in any form, and prefers rare words and short texts", () =>
    Effect.gen(function* () {
      expect(yield* of("broken lamps")).toEqual(["lamp", "lamps"])
      expect(yield* of("boating")).toEqual(["boat", "boats"])
      expect(yield* of("boats", 1)).toEqual(["boat"])
      expect(yield* of("zebra")).toEqual([])
    })
  )

  it.effect("leaves stop words out, and counts a word as often as it is asked", () =>
    Effect.gen(function* () {
      expect(yield* of("the boat of the")).toEqual(["boat", "boats"])
      expect(yield* of("lamp boat")).toEqual(["boat", "boats", "lamps", "lamp"])
      expect((yield* of("lamp lamp lamp boat"))?.[0]).toBe("lamps")
    })
  )
})
