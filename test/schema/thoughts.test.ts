import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { withoutThoughts } from "../../src/schema/thoughts.js"

describe("withoutThoughts", () => {
  const answer = "The tide turns at six."

  it("leaves out thoughts of every kind, at the start and between", () => {
    const kinds = [
      ["<think>", "</think>"],
      ["<thinking>", "</thinking>"],
      ["<THINK>", "</THINK>"],
      ["<thought>", "</thought>"],
      ["<reasoning>", "</reasoning>"],
      ["<seed:think>", "</seed:think>"],
      ["<|think|>", "<|/think|>"],
      ["<|think|>", "</|think|>"],
      ["<|begin_of_thought|>", "<|end_of_thought|>"],
      ["◁think▷", "◁/think▷"],
      ["[THINK]", "[/THINK]"]
    ] as const
    for (const [open, close] of kinds) {
      expect(withoutThoughts(`${open}\nA secret?\n${close}\n\n${answer}`)).toBe(answer)
      expect(withoutThoughts(`One. ${open}hm${close}Two.${open}${close} Three.`)).toBe("One. Two. Three.")
      expect(withoutThoughts(`${open}only this${close}`)).toBe("")
    }
  })

  it("leaves out thoughts that were cut off, that the prompt opened, and that mention their own tag", () => {
    expect(withoutThoughts("<think>I was about to")).toBe("")
    expect(withoutThoughts("\n <thinking>I was about to")).toBe("")
    expect(withoutThoughts(`Okay, the user asks.\n</think>\n\n${answer}`)).toBe(answer)
    expect(withoutThoughts(`<think>a<think>b</think>c</think>${answer}`)).toBe(answer)
    expect(withoutThoughts(`<think>Should I write <think> here?</think>${answer}`)).toBe(answer)
    expect(withoutThoughts(`<think>Is </thinking> a tag?</think>${answer}`)).toBe(answer)
  })

  it("returns every other text as it is", () => {
    const texts = [
      "",
      "  I think so.  ",
      "Write `<think>` and `</think>` around it.",
      "```xml\n<think>x</think>\n```",
      "The tag <think> opens thoughts",
      "a < b [THIN] <thinker>"
    ]
    for (const text of texts) expect(withoutThoughts(text)).toBe(text)
  })

  it("keeps what stands outside, whatever it is, and takes no longer than linear time", () => {
    const prose = FastCheck.string().filter((text) => !/[`<>◁▷[\]|]/.test(text))
    FastCheck.assert(
      FastCheck.property(prose, prose, prose, (before, thought, after) => {
        expect(withoutThoughts(`${before}<think>${thought}</think>${after}`)).toBe((before + after).trim())
      })
    )
    expect(withoutThoughts("x<think>".repeat(100_000))).toHaveLength(800_000)
  })
})
