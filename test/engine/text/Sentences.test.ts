import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { endOf, cut as pieces, sentencesOf } from "../../../src/engine/text/Sentences.js"

const cut = (text: string, limit: number) => [...pieces(text, limit)]

const dense = (text: string) => text.replace(/\s+/g, "")
const anyText = fc.oneof(fc.string(), fc.stringOf(fc.constantFrom(..."ab .!?;。！\n", "😀")))

describe("sentences", () => {
  it("end at stops before white space, at full-width stops, and at line breaks", () => {
    expect(sentencesOf("I live at 3.5 km. Really?  Yes!\nA line")).toEqual([
      "I live at 3.5 km.",
      "Really?",
      "Yes!",
      "A line"
    ])
    expect(sentencesOf("犬です。猫！ 何？鳥")).toEqual(["犬です。", "猫！", "何？", "鳥"])
    expect(sentencesOf(" \n ")).toEqual([])
  })

  it("lose nothing but white space", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(dense(sentencesOf(text).join(""))).toBe(dense(text))
      })
    )
  })
})

describe("a text that is cut", () => {
  it("ends its pieces after sentences, else after words, else anywhere but inside a character", () => {
    expect(cut("One is here. Two is here. Three", 20)).toEqual(["One is here.", "Two is here. Three"])
    expect(cut("犬です！猫です！鳥です", 9)).toEqual(["犬です！猫です！", "鳥です"])
    expect(cut("one two three", 8)).toEqual(["one two", "three"])
    expect(cut("😀😀", 3)).toEqual(["😀", "😀"])
  })

  it("loses nothing but white space, and keeps the limit", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 30 }), (text, limit) => {
        const pieces = cut(text, limit)
        expect(dense(pieces.join(""))).toBe(dense(text))
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(limit)
      })
    )
  })
})

describe("the end of a text", () => {
  it("is its last lines, sentences or words that fit", () => {
    expect(endOf("short ", 10)).toBe("short")
    expect(endOf("first line\nlast one", 12)).toBe("last one")
    expect(endOf("It ends. It began.", 14)).toBe("It began.")
    expect(endOf("no stop in here", 9)).toBe("in here")
    expect(endOf("aaaaaaaa", 3)).toBe("aaa")
  })
})
