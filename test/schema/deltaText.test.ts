/** The text of an event: what it adds to the first choice of a reply. */
import { describe, expect, it } from "@effect/vitest"
import { deltaText, messageText } from "../../src/schema/Chat.js"
import type { ChatCompletionChunk } from "../../src/schema/ChatCompletion.js"

describe("messageText", () => {
  it("is that of a reply without its calls, and the content of a single message", () => {
    const call = { role: "function_call", content: '{"name":"tide"}' }
    expect(messageText({ response: [[{ role: "assistant", content: "Look" }, call, { content: "there" }]] })).toBe(
      "Look\nthere"
    )
    expect(messageText({ response: [[call]] })).toBe("")
    expect(messageText(call)).toBe(call.content)
  })
})

describe("deltaText", () => {
  it("is the content of the first choice, in the order of its messages", () => {
    expect(
      deltaText({ response: [[{ role: "assistant", content: "Hel" }, { content: "lo" }], [{ content: "no" }]] })
    ).toBe("Hello")
    expect(deltaText({ response: [[{ content: null }, {}]] })).toBe("")
    expect(deltaText({ response: [] })).toBe("")
  })

  it("is never that of a tool call", () => {
    const call = { role: "function_call", name: "tide", content: '{"name":"tide","arguments":"{}"}' }
    expect(deltaText({ response: [[call]] })).toBe("")
    expect(deltaText({ response: [[{ content: "Look: " }, call]] })).toBe("Look: ")
    const chunk: ChatCompletionChunk = {
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: "{}" } }] } }]
    }
    expect(deltaText(chunk)).toBe("")
  })

  it("is the delta of a chat completion, and the text of a completion", () => {
    expect(
      deltaText({
        choices: [
          { index: 1, delta: { content: "no" } },
          { index: 0, delta: { content: "a" } }
        ]
      })
    ).toBe("a")
    expect(deltaText({ choices: [{ delta: { content: "a" } }] })).toBe("a")
    expect(
      deltaText({
        choices: [
          { index: 0, text: "b" },
          { index: 1, text: "no" }
        ]
      })
    ).toBe("b")
    expect(deltaText({ choices: [{ index: 0, delta: null }] })).toBe("")
    expect(deltaText({ choices: [] })).toBe("")
  })
})
