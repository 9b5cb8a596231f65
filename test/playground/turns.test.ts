/** How the playground makes turns of a history, of the events of a stream, and of the prompts that a server has. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { matches, upTo } from "../../playground/src/state/lists.js"
import { begin, withEvent } from "../../playground/src/state/liveTurn.js"
import { canAskAgain, inputOf, waitsForResults } from "../../playground/src/state/messages.js"
import { byTurn } from "../../playground/src/state/promptsByTurn.js"
import { noFacts, turnsOf } from "../../playground/src/state/Turn.js"
import { ChatId, type ChatStreamEvent } from "../../src/schema/Chat.js"
import { type ChatMLMessage, MessageId } from "../../src/schema/Message.js"
import type { PromptPart } from "../../src/schema/Prompt.js"

const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`

const messages = (...roles: ReadonlyArray<string>): ReadonlyArray<ChatMLMessage> =>
  roles.map((role, index) => ({
    id: MessageId.make(idOf(index)),
    role,
    content: `${role} ${index}`,
    created_at: new Date(0)
  }))

const rolesOf = (history: ReadonlyArray<ChatMLMessage>) =>
  turnsOf(history, () => noFacts).map(({ reply, sent }) => [
    sent.map(({ role }) => role),
    reply.map(({ role }) => role)
  ])

describe("turns of a history", () => {
  it("begin with the first message after a reply, and have all of it", () => {
    const history = messages(
      "user",
      "assistant",
      "user",
      "function_call",
      "function_call",
      "function",
      "function",
      "assistant"
    )
    expect(rolesOf(history)).toEqual([
      [["user"], ["assistant"]],
      [["user"], ["function_call", "function_call"]],
      [["function", "function"], ["assistant"]]
    ])
  })

  it("may lack a reply or, at the edge of a page, what was sent", () => {
    expect(rolesOf(messages("assistant", "user", "user"))).toEqual([
      [[], ["assistant"]],
      [["user", "user"], []]
    ])
    expect(turnsOf([], () => noFacts)).toEqual([])
  })

  it("have the id of the last message that was sent as their key, under which the facts are", () => {
    const asked: Array<string> = []
    const turns = turnsOf(messages("user", "user", "assistant"), (key) => {
      asked.push(key)
      return { ...noFacts, finish_reason: "length" }
    })
    expect(turns).toMatchObject([{ key: idOf(1), finish_reason: "length" }])
    expect(asked).toEqual([idOf(1)])
  })
})

describe("prompts of a session", () => {
  const part = (kind: PromptPart["kind"], role: string, ...numbers: ReadonlyArray<number>): PromptPart => ({
    kind,
    role,
    text: kind,
    source_ids: numbers.map(idOf),
    tokens: 1
  })
  const recent = (model: string, ...parts: ReadonlyArray<PromptPart>) => ({
    chat_id: model,
    created_at: new Date(0),
    prompt: { model, window: 1, budget: 1, prompt_tokens: 1, parts }
  })

  it("are those of the turn whose last message they end with, and the last one of each turn", () => {
    const turns = byTurn([
      recent("second attempt", part("message", "user", 4), part("message", "user", 5, 6), part("tool", "", 9)),
      recent("first attempt", part("message", "user", 4), part("message", "user", 5, 6)),
      recent("results", part("message", "user", 1), part("function_call", "assistant", 2), part("function", "tool", 3)),
      recent("first", part("message", "user", 1), part("message", "assistant", 8))
    ])
    expect([...turns].map(([key, { model }]) => [key, model])).toEqual([
      [idOf(1), "first"],
      [idOf(3), "results"],
      [idOf(6), "second attempt"]
    ])
  })
})

describe("a turn on its way", () => {
  const event = (response: ChatStreamEvent["response"], rest: Partial<ChatStreamEvent> = {}): ChatStreamEvent => ({
    id: ChatId.make(idOf(0)),
    finish_reason: null,
    response,
    ...rest
  })

  it("adds text to the message that an event began, and calls as messages of their own", () => {
    const events = [
      event([[{ role: "assistant", name: "Ada", content: "" }]]),
      event([[{ content: "Let me " }]]),
      event([[{ content: "see." }]]),
      event([[{ role: "function_call", content: "{}" }]], { finish_reason: "tool_calls" }),
      event([], { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }, jobs: [] })
    ]
    const turn = events.reduce(withEvent, begin([{ role: "user", content: "Hello" }], {}, undefined))
    expect(turn.reply).toEqual([
      { role: "assistant", name: "Ada", content: "Let me see." },
      { role: "function_call", name: undefined, content: "{}" }
    ])
    expect(turn).toMatchObject({ finish_reason: "tool_calls", usage: { total_tokens: 3 } })
    expect([waitsForResults(turn), canAskAgain(turn)]).toEqual([true, true])
  })

  it("is sent again as it was, with roles that requests have", () => {
    const result = {
      role: "function",
      name: "weather",
      content: "sunny",
      tool_call_id: "call_1",
      id: MessageId.make(idOf(1))
    }
    expect(inputOf(result)).toEqual({ role: "function", name: "weather", content: "sunny", tool_call_id: "call_1" })
    expect(inputOf({ role: "developer", name: "", content: "Hello" })).toEqual({ role: "user", content: "Hello" })
    expect(canAskAgain({ ...noFacts, key: "", sent: [result], reply: messages("assistant") })).toBe(false)
  })
})

describe("a list", () => {
  it.effect("is read until there is one item more than is shown", () =>
    Effect.gen(function* () {
      let read = 0
      const numbers = Stream.range(1, 1000, 1).pipe(Stream.tap(() => Effect.sync(() => read++)))
      expect(yield* upTo(2)(numbers)).toEqual({ items: [1, 2], hasMore: true })
      expect(read).toBe(3)
      expect(yield* upTo(2)(Stream.make(1, 2))).toEqual({ items: [1, 2], hasMore: false })
      expect(yield* upTo(2)(Stream.empty)).toEqual({ items: [], hasMore: false })
    })
  )

  it("is searched for all words, in any case and order", () => {
    expect(matches("", "Ada")).toBe(true)
    expect(matches("tea ADA", "Ada answers questions about tea")).toBe(true)
    expect(matches("tea bob", "Ada answers questions about tea")).toBe(false)
  })
})
