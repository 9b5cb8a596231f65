import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { estimateTokens } from "../../../../src/engine/ports/Tokenizer.js"
import { checked } from "../../../../src/engine/usecases/learn/SummaryCheck.js"

const replaced = { limit: 100, messages: 1500, previous: null }
const check = (text: string, more: Partial<Parameters<typeof checked>[2]> = {}, finish = "stop") =>
  checked(text, finish, { ...replaced, ...more }, estimateTokens)

describe("a summary", () => {
  it.each([
    "I'm sorry, but I can't help with that.",
    "I’m really sorry, I cannot summarize this conversation.",
    "I cannot assist with this request.",
    "I am unable to summarize the conversation.",
    "As an AI language model, I have no opinion on it.",
    "Unfortunately, I cannot do that.",
    "**Sorry**, that is not possible here.",
    "Lo siento, no puedo ayudar con eso.",
    "抱歉，我无法总结这段对话的内容。",
    "申し訳ありませんが、お手伝いできません。"
  ])("is not a refusal: %s", (text) => {
    expect(check(text)).toEqual(Either.left("is a refusal"))
  })

  it.each([
    "Sam is sorry that the boat sank, and cannot sail.",
    "Sam lives in Lisbon.",
    "As an AI researcher, Sam works in Lisbon.",
    "二人は船の話をした。サムはリスボンに住む。"
  ])("may be: %s", (text) => {
    expect(check(text)).toEqual(Either.right(text))
  })

  it("is not what a filter stopped, and not empty", () => {
    expect(check("Sam lives in Lisbon.", {}, "content_filter")).toEqual(Either.left("is a refusal"))
    expect(check("  \n")).toEqual(Either.left("is empty"))
  })

  it("is not far shorter than what it replaces, or than the summary before it", () => {
    const short = Either.left("is too short for what it replaces")
    expect(check("ok", { messages: 30 })).toEqual(short)
    expect(check("Sam talks.", { messages: 5000 })).toEqual(short)
    expect(check("Sam lives in Lisbon.", { previous: "Sam lives in Lisbon. ".repeat(10) })).toEqual(short)
    expect(check("Sam lives in Lisbon.", { previous: "Sam lives in Lisbon, says Sam." })._tag).toBe("Right")
    // A previous summary beyond the limit need not be matched.
    expect(check("Sam lives in Lisbon. ".repeat(5), { previous: "Sam sails. ".repeat(1000) })._tag).toBe("Right")
  })

  it("has at most twice the tokens of its limit, by any count", () => {
    const perCharacter = (text: string) => text.length
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.string({ minLength: 1, maxLength: 30 }), (limit, word) => {
        const result = checked(
          `A. ${`${word} `.repeat(200)}`,
          "stop",
          { ...replaced, limit, messages: 1 },
          perCharacter
        )
        const summary = Either.getOrElse(result, () => "")
        expect(summary.length).toBeGreaterThan(0)
        expect(summary.length).toBeLessThanOrEqual(2 * limit)
      })
    )
  })
})
