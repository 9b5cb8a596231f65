import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as GptTokenizer from "../../../src/engine/model/GptTokenizer.js"
import { estimateTokens, Tokenizer } from "../../../src/engine/ports/Tokenizer.js"

const { of } = Effect.runSync(Effect.provide(Tokenizer, GptTokenizer.layer))

const tokens = (model: string, text: string) => Effect.map(of(model), (count) => count(text))

describe("the estimate", () => {
  it("is a token for 3.5 characters, and one for each character of scripts that are not cut into words", () => {
    expect(estimateTokens("1234567")).toBe(2)
    for (const text of ["我今天去河边散步", "ひらがなカタカナ", "한국어텍스트예요", "ภาษาไทยครับ", "नमस्ते"]) {
      expect(estimateTokens(text), text).toBe(text.length)
    }
    expect(estimateTokens("1234567 好的1234567")).toBe(Math.floor(15 / 3.5) + 2)
    expect(estimateTokens("𠀀𠀀")).toBe(4)
    expect(estimateTokens("“Quoted” – ½ €")).toBe(4)
  })
})

describe("GptTokenizer", () => {
  it.effect("counts as the models of OpenAI do, whatever endpoint serves them", () =>
    Effect.gen(function* () {
      for (const model of ["gpt-4o-mini", "openai/gpt-5", "o3"]) expect(yield* tokens(model, "hello world")).toBe(2)
      const japanese = "日本語の文章です。"
      expect(yield* tokens("gpt-4o", japanese)).toBe(6)
      expect(yield* tokens("gpt-4o", "")).toBe(0)
      // An older encoding has other words.
      expect(yield* tokens("gpt-4-turbo", japanese)).toBeGreaterThan(6)
    })
  )

  it.effect("estimates for every other model", () =>
    Effect.gen(function* () {
      for (const model of ["llama3.2", "julep-ai/samantha-1-turbo", "claude-sonnet-4-5"]) {
        expect(yield* tokens(model, "hello world")).toBe(estimateTokens("hello world"))
      }
    })
  )

  it.effect("reads special tokens as text", () =>
    Effect.gen(function* () {
      expect(yield* tokens("gpt-4o", "<|endoftext|>")).toBeGreaterThan(3)
    })
  )

  it.effect("counts a long text in pieces: about as many tokens, in time that does not grow with the square", () =>
    Effect.gen(function* () {
      const words = "The quick brown fox jumps over the lazy dog. ".repeat(1000)
      const whole = 10 * 1000
      expect(Math.abs((yield* tokens("gpt-4o", words)) - whole)).toBeLessThan(whole / 100)
      // In one piece this would take minutes.
      expect(yield* tokens("gpt-4o", "a".repeat(400_000))).toBeGreaterThan(40_000)
    })
  )

  it.effect("loads an encoding once, and keeps its counter", () =>
    Effect.gen(function* () {
      expect(yield* of("gpt-4o")).toBe(yield* of("openai/gpt-5"))
      expect(yield* of("gpt-4o")).not.toBe(yield* of("gpt-4"))
    })
  )
})
