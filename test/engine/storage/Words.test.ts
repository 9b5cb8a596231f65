import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { indexed, quote, sameness, wordsOf } from "../../../src/engine/storage/Words.js"

const terms = (text: string) => wordsOf(text).map(quote)

describe("the terms of a person's words", () => {
  it("are quoted, lower-case, each once, without stop words", () => {
    expect(terms("What is the Weather in Paris? The weather!")).toEqual(['"weather"', '"paris"'])
    expect(terms("don't you know O'Brien's e-mail?")).toEqual(['"know"', '"o"', '"brien"', '"e"', '"mail"'])
  })

  it("keep stop words where there is nothing else", () => {
    expect(terms("to be or not")).toEqual(['"to"', '"be"', '"or"', '"not"'])
  })

  it("are 64 at most", () => {
    expect(terms(Array.from({ length: 100 }, (_, n) => `word${n}`).join(" "))).toHaveLength(64)
  })

  it("are pairs of letters in CJK, one letter as a prefix", () => {
    expect(terms("京都の桜")).toEqual(['"京都"', '"都の"', '"の桜"'])
    expect(terms("猫 2024年 ｶﾀｶﾅ")).toEqual(['"猫" *', '"2024"', '"年" *', '"カタ"', '"タカ"', '"カナ"'])
  })

  it("let nothing but quoted letters and digits through", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string16bits(), fc.fullUnicodeString()), (text) => {
        for (const term of terms(text)) expect(term).toMatch(/^"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*"( \*)?$/u)
      })
    )
  })
})

describe("the text to index", () => {
  it("is the text itself, unless it has CJK letters or wide forms", () => {
    expect(indexed("Plain text, é, 😀")).toBeNull()
    expect(indexed("京都Kyoto")?.trim().split(/\s+/)).toEqual(["京都", "都", "Kyoto"])
    expect(indexed("ＡＢＣ ﬁle")).toBe("ABC file")
    expect(terms("ＡＢＣ ﬁle")).toEqual(['"abc"', '"file"'])
  })
})

it("sameness ignores case and white space", () => {
  expect(sameness(" The  user\nLIKES tea ")).toBe(sameness("the user likes tea"))
  expect(sameness("likes tea")).not.toBe(sameness("likes teas"))
})
