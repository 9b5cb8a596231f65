import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import type { Found } from "../../../src/engine/ports/Storage.js"
import { passages, rank, turns, type View, type Weights } from "../../../src/engine/usecases/Rank.js"

const view = (text: string, more: Partial<View> = {}): View => ({
  title: "",
  text,
  score: 0,
  whole: text,
  beside: [],
  ...more
})

/** A search for some words among texts, each word in a tenth of a hundred rows. */
const found = (words: string, items: ReadonlyArray<View>): Found<View> => ({
  items,
  rows: 100,
  words: words.split(" ").map((word) => ({ word, rows: 10 }))
})

const order = (words: string, items: ReadonlyArray<View>, weights: Weights = passages) =>
  rank(found(words, items), (item) => item, weights).map(({ item }) => item.text)

describe("a ranking", () => {
  it("prefers the form of a word that was asked for, and knows the others", () => {
    expect(order("heating", [view("it heats up"), view("it is heating up")])).toEqual([
      "it is heating up",
      "it heats up"
    ])
    const [first] = rank(found("heating", [view("it heats up"), view("cold")]), (item) => item, passages)
    expect(first?.item.text).toBe("it heats up")
  })

  it("prefers words that stand together as they were asked for", () => {
    const together = "a boundary layer on one side of a plate"
    const apart = "a layer on one side of a plate boundary"
    expect(order("boundary layer", [view(apart), view(together)])).toEqual([together, apart])
  })

  it("prefers rare words to common ones", () => {
    const asked: Found<View> = {
      items: [view("tea in the morning"), view("a comet in the morning")],
      rows: 100,
      words: [
        { word: "tea", rows: 90 },
        { word: "comet", rows: 2 }
      ]
    }
    expect(rank(asked, (item) => item, turns)[0]?.item.text).toBe("a comet in the morning")
  })

  it("counts a title, and prefers what resembles the best ones", () => {
    expect(order("comet", [view("one comet"), view("one", { title: "comet" })])).toEqual(["one", "one comet"])
    const best = [view("comet comet tails of ice"), view("comet comet tails of dust")]
    const [kin, stranger] = [view("comet with tails"), view("comet with boots")]
    expect(order("comet", [stranger, kin, ...best]).indexOf(kin.text)).toBe(2)
  })

  it("does not let the parts of one doc speak for each other", () => {
    const texts = ["comet comet ice", "comet ice dust", "comet tea"]
    const second = (whole: (index: number) => string) => {
      const items = texts.map((text, index) => view(text, { whole: whole(index) }))
      return (
        rank(found("comet", items), (item) => item, passages).find(({ item }) => item.text === texts[1])?.score ?? 0
      )
    }
    expect(second(() => "doc")).toBeLessThan(second((index) => `${index}`))
  })

  it("finds an answer beside its question, among turns", () => {
    const items = [
      view("What is the name of your dog?", { beside: [1] }),
      view("Rex!", { beside: [0] }),
      view("Nice weather.")
    ]
    expect(order("name dog", items, turns)).toEqual(["What is the name of your dog?", "Rex!", "Nice weather."])
    expect(rank(found("name dog", items), (item) => item, turns)[1]!.score).toBeGreaterThan(0)
    expect(rank(found("name dog", items), (item) => item, turns)[2]!.score).toBe(0)
  })

  it("cares neither for accents nor for case, and finds words inside scripts without spaces", () => {
    expect(order("creme", [view("pain"), view("Crème brûlée")])[0]).toBe("Crème brûlée")
    expect(order("桜の の花", [view("雨です"), view("桜の花です")])[0]).toBe("桜の花です")
  })

  it("says about 1 of a text that has every word once, and 0 of one that has none", () => {
    const [all, none] = rank(found("comet tea", [view("rain"), view("comet tea")]), (item) => item, turns)
    expect(all?.score).toBeGreaterThan(0.9)
    expect(all?.score).toBeLessThan(2)
    expect(none?.score).toBe(0)
  })

  it("takes any texts: the same ones come back, best first, with finite scores", () => {
    const words = fc.array(fc.constantFrom("comet", "tea", "桜の", "é", "heats", "x"), { minLength: 1, maxLength: 5 })
    const texts = fc.array(fc.oneof(fc.fullUnicodeString(), fc.constantFrom("comet tea", "", "heating 桜の花")))
    fc.assert(
      fc.property(words, texts, fc.nat(200), fc.boolean(), (words, texts, rows, ofTurns) => {
        const items = texts.map((text, index) => view(text, { whole: `${index}`, beside: [index - 1, index + 1] }))
        const search = { items, rows, words: words.map((word) => ({ word, rows: 10 })) }
        const ranked = rank(search, (item) => item, ofTurns ? turns : passages)
        expect(new Set(ranked.map(({ item }) => item))).toEqual(new Set(items))
        expect(ranked.every(({ score }) => Number.isFinite(score) && score >= 0)).toBe(true)
        expect(ranked.map(({ score }) => score)).toEqual(ranked.map(({ score }) => score).toSorted((a, b) => b - a))
      })
    )
  })
})
