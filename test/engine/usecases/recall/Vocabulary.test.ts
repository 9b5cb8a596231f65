import { describe, expect, it } from "@effect/vitest"
import type { Passage } from "../../../../src/engine/ports/Storage.js"
import { parseQuery } from "../../../../src/engine/text/Words.js"
import { rank } from "../../../../src/engine/usecases/recall/Rank.js"
import { TermVectorCache } from "../../../../src/engine/usecases/recall/TermVectors.js"
import { TermMap, trimVocabulary, vocabulary } from "../../../../src/engine/usecases/recall/Vocabulary.js"

describe("the vocabulary", () => {
  it("gives each word one number, and knows its stem", () => {
    const known = vocabulary()
    const [horses, horse] = [known.termIdOf("horses"), known.termIdOf("horse")]
    expect(known.termIdOf("horses")).toBe(horses)
    expect(horses).not.toBe(horse)
    expect(known.stemOf(horses)).toBe(known.stemOf(horse))
    expect(known.textOf(horses)).toBe("horses")
  })

  it("starts again beyond its size, and passages that were parsed before are ranked the same", () => {
    const parser = new TermVectorCache()
    const items = ["The horse is at the station.", "Two horses run.", "A cat sleeps."].map(
      (text, index): Passage => ({
        rowId: index,
        doc_id: `${index}`,
        owner: { kind: "agent", id: "a" },
        title: "",
        index: 0,
        text
      })
    )
    const query = parseQuery("Which horses run?")
    const found = { items, rows: 3, documentFrequencies: query.map(() => 1) }
    const before = rank(query, found, parser)
    const old = vocabulary()
    trimVocabulary()
    expect(vocabulary()).toBe(old)
    for (let word = 0; word <= 200_000; word++) old.termIdOf(`w${word}`)
    // Other words have the first numbers of the next vocabulary.
    trimVocabulary()
    expect(vocabulary()).not.toBe(old)
    for (let word = 0; word < 10; word++) vocabulary().termIdOf(`other${word}`)
    expect(rank(query, found, parser)).toEqual(before)
  })

  it("starts again where few words have many letters", () => {
    const old = vocabulary()
    for (let word = 0; word < 500; word++) old.termIdOf(`${word}${"x".repeat(10_000)}`)
    trimVocabulary()
    expect(vocabulary()).not.toBe(old)
  })
})

describe("a map from numbers", () => {
  it("grows, and is empty after it was emptied", () => {
    const map = new TermMap()
    map.clear()
    for (const key of [0, 7, 5000]) map.set(key, key + 1)
    expect([0, 7, 5000, 1, 9999].map((key) => map.get(key))).toEqual([1, 8, 5001, undefined, undefined])
    map.clear()
    map.set(7, 3)
    expect([0, 7, 5000].map((key) => map.get(key))).toEqual([undefined, 3, undefined])
  })

  it.each([2 ** 31, 2 ** 32])(
    "works on after it was emptied %d times, which a busy server does within days",
    (times) => {
      const map = new TermMap()
      map.set(1, 1)
      // What so many calls of `clear` would leave, which take seconds.
      Object.assign(map, { filling: times - 1 })
      map.clear()
      map.set(7, 3)
      expect([0, 1, 7].map((key) => map.get(key))).toEqual([undefined, undefined, 3])
    }
  )
})
