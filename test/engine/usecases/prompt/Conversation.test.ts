import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import type { ModelMessage } from "../../../../src/engine/ports/Model.js"
import * as OpenAi from "../../../../src/engine/ports/OpenAi.js"
import type { EntryRow } from "../../../../src/engine/ports/Storage.js"
import { conversation } from "../../../../src/engine/usecases/prompt/Conversation.js"
import type { Content } from "../../../../src/schema/Message.js"
import { anyHistory, callContent, historyEntry } from "../../../support/histories.js"
import { strictFaults } from "../../../support/strictEndpoint.js"

const speakers = { agent: { name: "Ada" }, user: { name: "Sam" } }
const source = "https://a.example/v1 m"
const read = (...history: ReadonlyArray<EntryRow>) => conversation(history, speakers, source).messages
const faultsOf = (history: ReadonlyArray<EntryRow>) =>
  strictFaults({
    model: "m",
    tools: [],
    settings: {},
    messages: [{ role: "system", content: "s" }, ...read(...history)]
  })

const user = (content: Content, name: string | null = null) => historyEntry("user", content, { name })
const assistant = (content: string, name: string | null = null) => historyEntry("assistant", content, { name })
const call = (name: string, id?: string, args?: string) => historyEntry("function_call", callContent(name, id, args))
const result = (content: string, more: Partial<EntryRow> = {}) => historyEntry("function", content, more)

/** Roles and contents, with the names of calls in place of their ids. */
const lines = (messages: ReadonlyArray<ModelMessage>) =>
  messages.map((message) =>
    message.role === "assistant" && message.tool_calls !== undefined
      ? [message.role, message.content, ...message.tool_calls.map(({ name }) => name)]
      : [message.role, message.content]
  )

describe("any history", () => {
  it("gives a conversation that the strictest endpoint takes", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const before = structuredClone(history)
        expect(faultsOf(history)).toEqual([])
        expect(history).toEqual(before)
      }),
      { numRuns: 2000 }
    )
  })

  it("gives each message the ids of what it is made of", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("user", "assistant", "function"), { maxLength: 12 }),
        anyHistory,
        (roles, other) => {
          const texts = roles.map((role, index) => historyEntry(role, `text ${index}.`))
          const mixed = texts.flatMap((each, index) => [each, ...other.slice(index, index + 1)])
          const { messages, sources } = conversation(mixed, speakers, source)
          expect(sources).toHaveLength(messages.length)
          expect(new Set(sources.flat()).size).toBe(sources.flat().length)
          const written = messages.map((message) => JSON.stringify(message))
          for (const [index, { id }] of texts.entries()) {
            expect(sources.findIndex((ids) => ids.includes(id))).toBe(
              written.findIndex((text) => text.includes(`text ${index}.`))
            )
          }
        }
      ),
      { numRuns: 500 }
    )
    const [question, first, second, answer] = [
      user("q"),
      call("f", "1"),
      call("g", "2"),
      result("r", { tool_call_id: "2" })
    ]
    expect(conversation([question, first, second, answer, user("more")], speakers, source).sources).toMatchObject([
      [question.id],
      [first.id, second.id],
      [],
      [answer.id],
      [],
      [expect.any(String)]
    ])
  })

  it("loses no text of users and assistants, and no result", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("user", "assistant", "function"), { maxLength: 12 }),
        anyHistory,
        (roles, other) => {
          const texts = roles.map((role, index) => historyEntry(role, `text ${index}.`))
          const mixed = texts.flatMap((each, index) => [each, ...other.slice(index, index + 1)])
          const written = JSON.stringify(read(...mixed))
          const places = roles.map((_, index) => written.split(`text ${index}.`).length - 1)
          expect(places).toEqual(roles.map(() => 1))
        }
      ),
      { numRuns: 500 }
    )
  })

  it("begins as it did before the next reply and question came", () => {
    fc.assert(
      fc.property(
        anyHistory,
        fc.array(fc.constantFrom("reply", "call"), { minLength: 1, maxLength: 4 }),
        (history, turns) => {
          const all = history.map((each) => ({ ...each, name: each.role === "function" ? each.name : null }))
          for (const [index, turn] of turns.entries()) {
            all.push(user(`question ${index}`))
            const before = read(...all)
            all.push(turn === "reply" ? assistant(`reply ${index}`) : call("f", "c1"))
            if (turn === "call") all.push(result("done", { tool_call_id: "c1" }), assistant("So."))
            all.push(user(`and ${index}?`))
            const stable = before.slice(
              0,
              before.findLastIndex(({ role }) => role === "user")
            )
            expect(
              read(...all)
                .slice(0, stable.length)
                .map(OpenAi.messageOf)
            ).toEqual(stable.map(OpenAi.messageOf))
          }
        }
      ),
      { numRuns: 500 }
    )
  })
})

describe("turns", () => {
  it("merges consecutive messages of one role", () => {
    expect(lines(read(user("One"), user("Two"), assistant("a"), assistant("b"), user("Three")))).toEqual([
      ["user", "One\n\nTwo"],
      ["assistant", "a\n\nb"],
      ["user", "Three"]
    ])
    const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } } as const
    expect(read(user("Look"), user([image, { type: "text", text: "?" }]))).toEqual([
      { role: "user", content: [{ type: "text", text: "Look" }, image, { type: "text", text: "?" }] }
    ])
  })

  it("leaves out empty messages, and the users around an empty reply become one", () => {
    expect(
      lines(read(user("a"), assistant(""), user("b"), assistant(" \n"), user([{ type: "text", text: "" }])))
    ).toEqual([["user", "a\n\nb"]])
  })

  it("has a user begin and end", () => {
    expect(lines(read(assistant("Welcome!"), user("Hi"), assistant("Hello.")))).toEqual([
      ["user", "(continue)"],
      ["assistant", "Welcome!"],
      ["user", "Hi"],
      ["assistant", "Hello."],
      ["user", "(continue)"]
    ])
    expect(lines(read())).toEqual([["user", "(continue)"]])
  })
})

describe("calls and results", () => {
  it("has text and calls of one reply in one message, with null for the text of calls alone", () => {
    const reply = [assistant("Let me look."), call("f", "1"), call("g", "2")]
    const results = [result("G", { tool_call_id: "2" }), result("F", { tool_call_id: "1" })]
    expect(lines(read(user("q"), ...reply, ...results))).toEqual([
      ["user", "q"],
      ["assistant", "Let me look.", "f", "g"],
      ["tool", "F"],
      ["tool", "G"]
    ])
    expect(read(user("q"), call("f"))[1]).toMatchObject({ role: "assistant", content: null })
  })

  it("gives a call the id of its message's hash, whatever id it was stored with", () => {
    const [one, other] = [call("f", "same"), call("f", "same")]
    const [, calling, first, second] = read(user("q"), one, other, result("1", { tool_call_id: "same" }), result("2"))
    const ids = calling?.role === "assistant" ? calling.tool_calls?.map(({ id }) => id) : []
    expect(new Set(ids).size).toBe(2)
    expect(first).toMatchObject({ tool_call_id: ids?.[0], content: "1" })
    expect(second).toMatchObject({ tool_call_id: ids?.[1], content: "2" })
    expect(
      lines(read(user("q"), one, other, result("by its new id", { tool_call_id: ids?.[1] ?? "" }))).at(-1)
    ).toEqual(["tool", "by its new id"])
  })

  it("gives a call without a result one that says so", () => {
    expect(lines(read(user("q"), call("f", "1"), assistant("Well."), user("Never mind"))).slice(1, 4)).toEqual([
      ["assistant", null, "f"],
      ["tool", "No result: this call was never answered."],
      ["assistant", "Well."]
    ])
  })

  it("finds results by id, then by name, then in order, also behind a user's message", () => {
    const named = result("by name", { name: "g" })
    const byId = result("by id", { name: "g", tool_call_id: "1" })
    const calls = [user("q"), call("f", "1"), call("g", "2")]
    expect(lines(read(...calls, named, byId)).slice(2)).toEqual([
      ["tool", "by id"],
      ["tool", "by name"]
    ])
    expect(lines(read(...calls, user("And?"), named, result("in order"))).slice(2)).toEqual([
      ["tool", "in order"],
      ["tool", "by name"],
      ["assistant", "(no reply)"],
      ["user", "And?"]
    ])
  })

  it("keeps a result that no call waits for, as text", () => {
    const late = result("late", { name: "f", tool_call_id: "1" })
    expect(lines(read(user("q"), call("f", "1"), assistant("Well."), late)).at(-1)).toEqual([
      "user",
      "Result of f: late"
    ])
    expect(lines(read(user("q"), call("f", "1"), result("F"), result("")))).toEqual([
      ["user", "q"],
      ["assistant", null, "f"],
      ["tool", "F\n\nResult of a tool: The tool returned nothing."]
    ])
  })

  it("has a JSON object for the arguments, whatever the model wrote", () => {
    const sent = (args: string) => {
      const message = read(user("q"), call("f", "1", args))[1]
      return message?.role === "assistant" ? message.tool_calls?.[0]?.arguments : undefined
    }
    expect(sent('{ "x": 1 }')).toBe('{ "x": 1 }')
    expect(sent("")).toBe("{}")
    expect(sent("{oops")).toBe('{"arguments":"{oops"}')
  })
})

describe("names", () => {
  it("stand before texts where two speakers share a role, and nowhere else", () => {
    expect(lines(read(user("One", "Sam"), assistant("a", "Ada"), user("Two")))).toEqual([
      ["user", "One"],
      ["assistant", "a"],
      ["user", "Two"]
    ])
    expect(
      lines(read(user("One"), user("Two", "Bob"), assistant("a", "Ada"), assistant("b", "Eve"), user("3")))
    ).toEqual([
      ["user", "Sam: One\n\nBob: Two"],
      ["assistant", "Ada: a\n\nEve: b"],
      ["user", "Sam: 3"]
    ])
  })

  it("stand beside the texts, too, where the endpoint takes names, unless the texts of two senders are one message", () => {
    const history = [user("1", "Sam"), user("2", "Sam"), assistant("a", "Ada"), assistant("b", "Eve"), user("3")]
    const namesIn = (named?: boolean) =>
      conversation(history, speakers, source, named).messages.map((message) =>
        "name" in message ? message.name : undefined
      )
    expect(namesIn()).toEqual([undefined, undefined, undefined])
    expect(namesIn(true)).toEqual(["Sam", undefined, undefined])
    const two = conversation([user("1", "Sam"), assistant("a", "Ada"), user("2", "Bob")], speakers, source, true)
    expect(two.messages).toEqual([
      { role: "user", content: "Sam: 1", name: "Sam" },
      { role: "assistant", content: "a", name: "Ada" },
      { role: "user", content: "Bob: 2", name: "Bob" }
    ])
  })

  it("are the agent's beside calls, whose own name is that of the tool", () => {
    const called = { ...call("wind", "c1"), name: "wind" }
    const { messages } = conversation([user("1", "Sam"), assistant("a", "Ada"), called], speakers, source, true)
    expect(messages[1]).toMatchObject({ role: "assistant", content: "a", name: "Ada" })
    const alone = conversation([user("1", "Sam"), called], speakers, source, true).messages
    expect(alone[1]).toMatchObject({ role: "assistant", content: null, name: "Ada" })
  })

  it("cannot be forged by a line of a text", () => {
    const userless = { ...speakers, user: undefined }
    const forged = conversation(
      [user("Sam: I agree.\nSam: Really.", null), user("No.", "Sam\n\nSam")],
      userless,
      source
    )
    expect(lines(forged.messages)).toEqual([["user", "Sam: I agree.\nSam: Really.\n\nSam Sam: No."]])
    const known = conversation([user("Sam: I agree.\nSam: Really."), user("No.", "Sam")], userless, source)
    expect(lines(known.messages)).toEqual([["user", " Sam: I agree.\n Sam: Really.\n\nSam: No."]])
  })

  it("may contain dollar signs, which mean nothing", () => {
    for (const name of ["$&", "$'", "$`", "A$$AP", "$1"]) {
      const said = conversation([user(`I agree.\n${name}: Really.`, name), user("No.", "Eve")], speakers, source)
      expect(lines(said.messages)).toEqual([["user", `${name}: I agree.\n ${name}: Really.\n\nEve: No.`]])
    }
  })
})

describe("what a provider added", () => {
  const reply: ReadonlyArray<EntryRow> = [
    historyEntry("assistant", "Let me look.", { extra: { source, message: { reasoning_content: "Hm." } } }),
    historyEntry("function_call", callContent("f"), { extra: { source, call: { extra_content: { signature: "S" } } } }),
    call("g")
  ]

  it("goes back to the same endpoint and model with the message and the call it came with", () => {
    expect(read(user("q"), ...reply).map(OpenAi.messageOf)[1]).toMatchObject({
      content: "Let me look.",
      reasoning_content: "Hm.",
      tool_calls: [{ type: "function", extra_content: { signature: "S" } }, { type: "function" }]
    })
  })

  it("goes to no other endpoint or model", () => {
    const sent = JSON.stringify(conversation([user("q"), ...reply], speakers, "https://a.example/v1 other"))
    expect(sent).not.toContain("Hm.")
    expect(sent).not.toContain("signature")
  })
})

it("leaves out the thoughts of a reply, and a reply of nothing else", () => {
  expect(
    lines(read(user("a"), assistant("<think>Hm.</think>Hello."), user("b"), assistant("<think>Oh"), user("c")))
  ).toEqual([
    ["user", "a"],
    ["assistant", "Hello."],
    ["user", "b\n\nc"]
  ])
})
