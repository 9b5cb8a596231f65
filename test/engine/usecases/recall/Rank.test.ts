import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import type { Passage } from "../../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../../src/engine/text/Words.js"
import { rank } from "../../../../src/engine/usecases/recall/Rank.js"

let rowIds = 0

const passage = (text: string, more: Partial<Passage> = {}): Passage => ({
  rowId: ++rowIds,
  doc_id: text,
  owner: { kind: "agent", id: "o" },
  title: "",
  index: 0,
  text,
  ...more
})

/** The ranking for a text where each of its words is in 10 of 100 passages. */
const ranked = (text: string, items: ReadonlyArray<Passage>) => {
  const words = parseQuery(text)
  return rank(words, { items, rows: 100, documentFrequencies: words.map(() => 10) })
}

const order = (text: string, items: ReadonlyArray<Passage>) => ranked(text, items).map(({ text }) => text)

describe("a ranking", () => {
  it("prefers the form of a word that the query has, and knows the others", () => {
    expect(order("heating", [passage("it heats up"), passage("it is heating up")])).toEqual([
      "it is heating up",
      "it heats up"
    ])
    expect(order("heating", [passage("cold"), passage("it heats up")])[0]).toBe("it heats up")
  })

  it("prefers words that stand together as in the query", () => {
    const together = "a boundary layer on one side of a plate"
    const apart = "a layer on one side of a plate boundary"
    expect(order("boundary layer", [passage(apart), passage(together)])).toEqual([together, apart])
  })

  it("looks for words that stand together at the first 50 places of each: their pairs grow with the square", () => {
    const [comets, gap, teas] = ["comet ".repeat(50), "and ".repeat(5), "tea ".repeat(50)]
    const scores = (first: string, second: string) =>
      ranked("comet tea", [passage(first), passage(second)]).map(({ score }) => score)
    const [one, other] = scores(
      `${comets}${gap}${teas}${gap}comet tea ${gap}`,
      `${comets}${gap}${teas}${gap}comet ${gap}tea`
    )
    expect(one).toBe(other)
    const [together, apart] = scores(`comet tea ${comets}${gap}${teas}${gap}`, `comet ${gap}tea ${gap}${comets}${teas}`)
    expect(together).toBeGreaterThan(apart ?? 0)
  })

  it("prefers rare words to common ones", () => {
    const items = [passage("tea in the morning"), passage("a comet in the morning")]
    expect(rank(parseQuery("tea comet"), { items, rows: 100, documentFrequencies: [90, 2] })[0]?.text).toBe(
      "a comet in the morning"
    )
  })

  it("gives words more weight that the query repeats", () => {
    const items = [passage("tea in the morning"), passage("a comet in the morning")]
    expect(order("tea or a comet?", items)[0]).toBe("tea in the morning")
    expect(order("tea or a comet? Comets, please", items)[0]).toBe("a comet in the morning")
  })

  it("counts the title, and prefers passages that resemble the best ones", () => {
    expect(order("comet", [passage("one comet"), passage("one", { title: "comet" })])).toEqual(["one", "one comet"])
    const best = [passage("comet comet tails of ice"), passage("comet comet tails of dust")]
    const [kin, stranger] = [passage("comet with tails"), passage("comet with boots")]
    expect(order("comet", [stranger, kin, ...best]).indexOf(kin.text)).toBe(2)
  })

  it("takes no feedback from passages of the same doc", () => {
    const texts = ["comet comet ice", "comet ice dust", "comet tea"]
    const second = (doc: (index: number) => string) => {
      const items = texts.map((text, index) => passage(text, { doc_id: doc(index) }))
      return ranked("comet", items).find(({ text }) => text === texts[1])?.score ?? 0
    }
    expect(second(() => "doc")).toBeLessThan(second((index) => `${index}`))
  })

  it("counts words of the passages before and after for less, and only words that the passage itself lacks", () => {
    const of = (text: string, index: number, doc_id = "doc") => passage(text, { doc_id, index })
    const [question, answer] = [of("Which comet is it?", 4), of("Rain, of ice and dust", 5)]
    const [far, other] = [of("Snow, of ice and dust", 7), of("Hail, of ice and dust", 4, "other")]
    const [first, second] = order("comet ice", [far, other, answer, question])
    expect(new Set([first, second])).toEqual(new Set([question.text, answer.text]))
    const alone = ranked("ice", [of("ice and snow", 1), of("ice and rain", 5)])
    const together = ranked("ice", [of("ice and snow", 1), of("ice and rain", 2)])
    expect(together.map(({ score }) => score)).toEqual(alone.map(({ score }) => score))
  })

  it("ignores accents and case, and finds words in scripts without spaces", () => {
    expect(order("creme", [passage("pain"), passage("Crème brûlée")])[0]).toBe("Crème brûlée")
    expect(order("桜の花", [passage("雨です"), passage("桜の花です")])[0]).toBe("桜の花です")
  })

  it("finds a single letter at the start and at the end of words in scripts without spaces", () => {
    for (const text of ["猫", "猫が好きです", "黒猫", "犬 cat 猫を飼う"]) {
      expect(ranked("猫", [passage(text)])[0]?.score, text).toBeGreaterThan(0)
    }
    expect(order("猫 tower", [passage("tower 犬を飼う"), passage("tower 猫を飼う")])[0]).toBe("tower 猫を飼う")
  })

  it("takes a title of any length", () => {
    const title = Array.from({ length: 200_000 }, (_, index) => `w${index}`).join(" ")
    const items = [passage("one zebra runs"), passage("a zebra runs"), passage("a horse runs")]
    const before = ranked("zebra", items)
    expect(ranked("zebra", [passage("one zebra", { title }), passage("a zebra")])).toHaveLength(2)
    expect(ranked("zebra", items)).toEqual(before)
  })

  it("scores about 1 for a text that contains every word once, and 0 for one that contains none", () => {
    const [all, none] = ranked("comet tea", [passage("rain"), passage("comet tea")])
    expect(all?.score).toBeGreaterThan(0.9)
    expect(all?.score).toBeLessThan(2)
    expect(none?.score).toBe(0)
  })

  it("returns all passages of any texts, best first, with finite scores", () => {
    const words = fc.array(fc.constantFrom("comet", "tea", "桜の", "é", "heats", "x"), { minLength: 1, maxLength: 5 })
    const texts = fc.array(fc.oneof(fc.fullUnicodeString(), fc.constantFrom("comet tea", "", "heating 桜の花")))
    fc.assert(
      fc.property(words, texts, fc.nat(200), (words, texts, rows) => {
        const question = parseQuery(words.join(" "))
        const items = texts.map((text, index) => passage(text, { doc_id: `${index}` }))
        const found = rank(question, { items, rows, documentFrequencies: question.map(() => 10) })
        expect(new Set(found.map(({ doc_id }) => doc_id))).toEqual(new Set(items.map(({ doc_id }) => doc_id)))
        expect(found.every(({ score }) => Number.isFinite(score) && score >= 0)).toBe(true)
        expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a))
      })
    )
  })
})
