import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { parseQuery, termsOf, wordsOf } from "../../../src/engine/text/Words.js"

const words = (text: string) => parseQuery(text).map(({ word }) => word)
const anyText = fc.oneof(fc.string(), fc.string16bits(), fc.fullUnicodeString())

describe("the terms of a query", () => {
  it("are each word once, lower-case, without stop words", () => {
    expect(words("What is the Weather in Paris? The weather!")).toEqual(["weather", "paris"])
    expect(words("don't you know O'Brien's e-mail?")).toEqual(["know", "o", "brien", "e", "mail"])
  })

  it("are one word of each stem, the first in the query", () => {
    expect(parseQuery("heating, heats")).toEqual([{ word: "heating", stem: "heat", prefix: false }])
  })

  it("keep stop words where there is nothing else", () => {
    expect(words("to be or not")).toEqual(["to", "be", "or", "not"])
  })

  it("are 64 at most", () => {
    expect(words(Array.from({ length: 100 }, (_, n) => `word${n}`).join(" "))).toHaveLength(64)
  })

  it("are bigrams in CJK, and a single letter is a prefix", () => {
    expect(words("京都の桜")).toEqual(["京都", "都の", "の桜"])
    expect(parseQuery("猫 2024年 ｶﾀｶﾅ").map(({ prefix, word }) => [word, prefix])).toEqual([
      ["猫", true],
      ["2024", false],
      ["年", true],
      ["カタ", false],
      ["タカ", false],
      ["カナ", false]
    ])
  })
})

describe("the terms of a text", () => {
  it("are all its stems in their order", () => {
    expect(termsOf("Comets and a COMET, crème brûlée, ﬁle ＡＢＣ")).toEqual([
      "comet",
      "and",
      "a",
      "comet",
      "creme",
      "brule",
      "file",
      "abc"
    ])
  })

  it("of CJK letters begin with each of them", () => {
    expect(termsOf("京都Kyoto")).toEqual(["京都", "都", "kyoto"])
  })

  it("are those of the base forms of irregular words, in a query, too", () => {
    expect(termsOf("She went and bought gifts for the children")).toEqual(termsOf("she go and buy gift for the child"))
    expect(parseQuery("gone wives").map(({ stem, word }) => [word, stem])).toEqual([
      ["gone", "go"],
      ["wives", "wife"]
    ])
    // Words of other meanings keep their own stems.
    expect(termsOf("rose roses lives living")).toEqual(["rose", "rose", "live", "live"])
  })

  it("contain every term of the same text as a query", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.stringOf(fc.constantFrom(..."aé京都の ﬁ2ー"))), (text) => {
        const terms = termsOf(text)
        for (const { prefix, stem } of parseQuery(text)) {
          expect(terms.some((term) => (prefix ? term.startsWith(stem) : term === stem))).toBe(true)
        }
      })
    )
  })

  it("of a text of nothing but combining marks are found in linear time", () => {
    const marks = "\u0301".repeat(100_000) + "\u0316".repeat(100_000)
    expect(termsOf(`a${marks}`)).toHaveLength(1)
  })

  it("are letters and digits, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const term of [...termsOf(text), ...wordsOf(text)]) {
          expect(term).toMatch(/^[\p{L}\p{N}][\p{L}\p{N}\p{M}]*$/u)
        }
      })
    )
  })
})
