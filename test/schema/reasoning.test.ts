import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { stripReasoning } from "../../src/schema/reasoning.js"

describe("stripReasoning", () => {
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
      expect(stripReasoning(`${open}\nA secret?\n${close}\n\n${answer}`)).toBe(answer)
      expect(stripReasoning(`One. ${open}hm${close}Two.${open}${close} Three.`)).toBe("One. Two. Three.")
      expect(stripReasoning(`${open}only this${close}`)).toBe("")
    }
  })

  it("leaves out thoughts that were cut off, that the prompt opened, and that mention their own tag", () => {
    expect(stripReasoning("<think>I was about to")).toBe("")
    expect(stripReasoning("\n <thinking>I was about to")).toBe("")
    expect(stripReasoning(`Okay, the user asks.\n</think>\n\n${answer}`)).toBe(answer)
    expect(stripReasoning(`<think>a<think>b</think>c</think>${answer}`)).toBe(answer)
    expect(stripReasoning(`<think>Should I write <think> here?</think>${answer}`)).toBe(answer)
    expect(stripReasoning(`<think>Is </thinking> a tag?</think>${answer}`)).toBe(answer)
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
    for (const text of texts) expect(stripReasoning(text)).toBe(text)
  })

  it("keeps what stands outside, whatever it is, and takes no longer than linear time", () => {
    const prose = FastCheck.string().filter((text) => !/[`<>◁▷[\]|]/.test(text))
    FastCheck.assert(
      FastCheck.property(prose, prose, prose, (before, thought, after) => {
        expect(stripReasoning(`${before}<think>${thought}</think>${after}`)).toBe((before + after).trim())
      })
    )
    expect(stripReasoning("x<think>".repeat(100_000))).toHaveLength(800_000)
  })
})
