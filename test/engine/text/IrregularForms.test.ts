import { describe, expect, it } from "@effect/vitest"
import { baseFormOf } from "../../../src/engine/text/IrregularForms.js"

describe("the base form of a word", () => {
  it.each([
    ["went", "go"],
    ["thought", "think"],
    ["tries", "try"],
    ["mice", "mouse"],
    ["women", "woman"],
    ["worst", "bad"]
  ])("%s is %s", (form, base) => expect(baseFormOf(form)).toBe(base))

  it.each(["go", "walked", "constructor", ""])("%j is its own", (word) => expect(baseFormOf(word)).toBe(word))
})
