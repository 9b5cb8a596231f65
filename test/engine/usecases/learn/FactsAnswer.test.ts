import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { factsOf } from "../../../../src/engine/usecases/learn/FactsAnswer.js"

const contents = (answer: string) =>
  Option.getOrUndefined(Option.map(factsOf(answer), (facts) => facts.map(({ content }) => content)))
const tea = '{"memories": [{"content": "Sam likes tea."}]}'

describe("factsOf", () => {
  it.each([
    ["as requested", tea],
    ["in a fence", `Here you are:\n\`\`\`json\n${tea}\n\`\`\`\nAnything else?`],
    ["after an example", `I will answer with {"memories": [...]}.\n${tea}`],
    ["after a draft", `{"memories": [{"content": "Sam likes."}]}, or rather ${tea}`],
    ["before other brackets", `${tea}\nNote: {} and [] mean nothing, as in [1].`],
    ["after a bracket that nothing closes", `:-{ and "[x ${tea}`],
    ["as a list", '[{"content": "Sam likes tea."}]'],
    ["as strings", '{"memories": ["Sam likes tea."]}'],
    ["as a list of strings", '["Sam likes tea."]'],
    ["as one fact", '{"memories": {"content": "Sam likes tea."}}'],
    ["under another name", '{"memories": [{"fact": "Sam likes tea."}]}'],
    ["in a member of another name", '{"facts": [{"text": " Sam likes tea. "}]}'],
    [
      "beside malformed ones",
      '{"memories": [{"about": "tea"}, 7, null, {"content": ""}, {"content": "Sam likes tea."}]}'
    ]
  ])("reads a fact %s", (_, answer) => {
    expect(contents(answer)).toEqual(["Sam likes tea."])
  })

  it.each(['{"memories": []}', "[]", `First ${tea}, but that is known: {"memories": []}`])(
    "an empty list means nothing to note: %s",
    (answer) => {
      expect(contents(answer)).toEqual([])
    }
  )

  it.each([
    "",
    "I cannot do that.",
    "{}",
    "[7]",
    '{"memories": [{"about": "tea"}]}',
    '{"memories": null}',
    tea.slice(0, -1),
    '{"memories": [{"content": "Sam likes tea.", "entities": ["tea"], "sent'
  ])("an answer without a list of facts is none: %s", (answer) => {
    expect(contents(answer)).toBe(undefined)
  })

  it("reads numbers of memories in any form, and leaves out what is none", () => {
    const fact = (members: object) =>
      Option.getOrThrow(factsOf(JSON.stringify([{ content: "Sam likes tea.", ...members }])))[0]
    expect(fact({ supersedes: ["1", 2, 3.5, "four", null, 99] })?.supersedes).toEqual([1, 2, 99])
    expect(fact({ supersedes: 2 })?.supersedes).toEqual([2])
    expect(fact({ supersedes: null })?.supersedes).toEqual([])
    expect(fact({ sentiment: "0.4" })?.sentiment).toBe(0.4)
    expect(fact({ sentiment: 7 })?.sentiment).toBe(1)
    expect(fact({ sentiment: "glad" })?.sentiment).toBe(0)
    expect(fact({ entities: ["Sam", { name: "tea" }] })?.entities).toEqual([{ name: "tea" }])
  })

  it.each([
    ["2023-05-07", [Date.UTC(2023, 4, 7), Date.UTC(2023, 4, 8)]],
    ["2023-05-07T10:00:00Z", [Date.UTC(2023, 4, 7), Date.UTC(2023, 4, 8)]],
    ["7 May 2023", [Date.UTC(2023, 4, 7), Date.UTC(2023, 4, 8)]],
    ["2023-05", [Date.UTC(2023, 4, 1), Date.UTC(2023, 5, 1)]],
    [2023, [Date.UTC(2023, 0, 1), Date.UTC(2024, 0, 1)]],
    ["2023-05-01/2023-05-07", [Date.UTC(2023, 4, 1), Date.UTC(2023, 4, 8)]],
    ["yesterday", undefined],
    ["2023-02-31", undefined],
    ["", undefined],
    [null, undefined],
    [{ from: 1, until: 2 }, undefined],
    [7, undefined]
  ])("reads a time, and takes an odd one for none: %j", (time, expected) => {
    const [fact] = Option.getOrThrow(factsOf(JSON.stringify([{ content: "Sam likes tea.", time }])))
    expect(fact?.content).toBe("Sam likes tea.")
    expect(fact?.time && [fact.time.from, fact.time.until]).toEqual(expected)
  })

  it("gives up on a text of brackets alone", () => {
    expect(contents("[{".repeat(200_000))).toBe(undefined)
    expect(contents(`${"[".repeat(50_000)}x${"]".repeat(50_000)}`)).toBe(undefined)
  })
})
