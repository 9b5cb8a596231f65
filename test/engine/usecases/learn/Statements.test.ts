import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { firstSentence, statementsOf } from "../../../../src/engine/usecases/learn/Statements.js"
import { entryOf } from "../../../../src/engine/usecases/prompt/Context.js"

const user = (content: string, id = "m") => entryOf({ role: "user", content }, id, 0)
const textsOf = (content: string) => statementsOf([user(content)]).map(({ text }) => text)

describe("firstSentence", () => {
  it("is cut at 200 characters, and never inside one", () => {
    expect(firstSentence(user("I live in Lisbon. My dog is Rex."))).toBe("I live in Lisbon.")
    expect(firstSentence(user("a".repeat(201)))).toBe(`${"a".repeat(200)}…`)
    expect(firstSentence(user(`${"a".repeat(199)}😀`))).toBe(`${"a".repeat(199)}…`)
  })
})

describe("statementsOf", () => {
  it.each([
    ["I adopted a dog yesterday.", Date.UTC(2023, 4, 7)],
    ["We moved here in May 2021.", Date.UTC(2021, 4, 1)],
    ["My flight leaves on Tuesday.", undefined],
    ["My birthday is in May.", undefined],
    ["We married on 7 May 2021 and moved in 2022.", undefined],
    ["My dog is called Rex.", undefined]
  ])("has the time that leaves no doubt, against the day of the message: %s", (content, from) => {
    const entry = entryOf({ role: "user", content }, "m", Date.UTC(2023, 4, 8, 23))
    expect(statementsOf([entry]).map(({ text, time }) => [text, time?.from])).toEqual([[content, from]])
  })

  it("takes statements sentence by sentence, each with its message", () => {
    expect(statementsOf([user("I live in Lisbon. My dog is Rex!", "a"), user("We sail on Sundays", "b")])).toEqual([
      { text: "I live in Lisbon.", message_id: "a", time: undefined },
      { text: "My dog is Rex!", message_id: "a", time: undefined },
      { text: "We sail on Sundays", message_id: "b", time: undefined }
    ])
    expect(textsOf("First line is one\nSecond line is two")).toEqual(["First line is one", "Second line is two"])
  })

  it("leaves out questions, requests, small talk and fragments", () => {
    const nothing = [
      "Where do I live?",
      "You know where I live?",
      "What is my name",
      "Can you help me with that",
      "Please book the table for two",
      "Tell me about the harbour.",
      "Thanks a lot for that!",
      "Hello there my friend",
      "Good morning to you all",
      "Yes.",
      "Not really",
      "",
      "   \n\t ",
      "…!?",
      'Did she say "I live in Lisbon?"'
    ]
    for (const text of nothing) expect(textsOf(text), text).toEqual([])
  })

  it("takes the statement out of a sentence that begins with a greeting", () => {
    expect(textsOf("Hi, I live in Lisbon.")).toEqual(["I live in Lisbon."])
    expect(textsOf("Hello Ada! I live in Lisbon.")).toEqual(["I live in Lisbon."])
    expect(textsOf("Well, my dog is Rex.")).toEqual(["my dog is Rex."])
    expect(textsOf("Yes, I moved to Turin.")).toEqual(["I moved to Turin."])
  })

  it("takes scripts without spaces, and cuts at their own full stops", () => {
    expect(textsOf("私はリスボンに住んでいます。犬の名前はレックスです。")).toEqual([
      "私はリスボンに住んでいます。",
      "犬の名前はレックスです。"
    ])
    expect(textsOf("どこに住んでいますか？")).toEqual([])
  })

  it("reads the text parts of a message, and not its images", () => {
    const image = { type: "image_url", image_url: { url: "https://x.test/I live in Rome." } } as const
    const content = [
      { type: "text", text: "I live in Lisbon." },
      image,
      { type: "text", text: "My dog is Rex." }
    ] as const
    expect(statementsOf([entryOf({ role: "user", content }, "m", 0)]).map(({ text }) => text)).toEqual([
      "I live in Lisbon.",
      "My dog is Rex."
    ])
  })

  it("takes nothing from messages of other roles", () => {
    for (const role of ["assistant", "system", "function", "function_call"] as const) {
      expect(statementsOf([entryOf({ role, content: "I live in Lisbon." }, "m", 0)]), role).toEqual([])
    }
    // A message with the role auto is the user's.
    expect(statementsOf([entryOf({ role: "auto", content: "I live in Lisbon." }, "m", 0)])).toHaveLength(1)
  })

  it("leaves out what is too long to be one statement", () => {
    expect(textsOf(`I live in ${"very ".repeat(100)}Lisbon.`)).toEqual([])
    expect(textsOf(`I live in ${"very ".repeat(90)}Lisbon.`)).toHaveLength(1)
  })

  it("whatever the message, its statements are parts of it, in order, and no questions", () => {
    const word = fc.constantFrom(
      "I",
      "live",
      "Lisbon",
      "why",
      "hi,",
      "Rex",
      "?",
      "!",
      ".",
      "\n",
      "。",
      "ok",
      "😀",
      "  "
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 10 })), { maxLength: 40 }), (words) => {
        const said = words.join(" ")
        let from = 0
        for (const { message_id, text } of statementsOf([user(said, "the message")])) {
          const at = said.indexOf(text, from)
          expect(at).toBeGreaterThanOrEqual(from)
          from = at + text.length
          expect(message_id).toBe("the message")
          expect(text).not.toMatch(/[?？]$/)
          expect(text.length).toBeLessThanOrEqual(500)
          expect(text).toBe(text.trim())
        }
      }),
      { numRuns: 500 }
    )
  })

  it("takes time in proportion to the message", () => {
    const start = performance.now()
    statementsOf([user("hi".repeat(500_000)), user("a. ".repeat(100_000)), user(`I live ${" ".repeat(500_000)}x`)])
    expect(performance.now() - start).toBeLessThan(5000)
  })
})
