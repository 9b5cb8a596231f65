import { expect, it } from "@effect/vitest"
import { entryOf } from "../../../../src/engine/usecases/prompt/Context.js"
import { dialogue } from "../../../../src/engine/usecases/prompt/Dialogue.js"

it("a long message is cut at 8000 characters, and never inside one", () => {
  const written = (content: string) =>
    dialogue([entryOf({ role: "user", content }, "m", 0)], { agent: { name: "Ada" }, user: { name: "Sam" } })
  expect(written("a".repeat(8000))).toBe(`Sam: ${"a".repeat(8000)}`)
  expect(written("a".repeat(8001))).toBe(`Sam: ${"a".repeat(8000)} (cut here)`)
  expect(written(`${"a".repeat(7999)}😀`)).toBe(`Sam: ${"a".repeat(7999)} (cut here)`)
})

it("a message of the assistant that a caller sent after a call reads as its result", () => {
  const call = JSON.stringify({ name: "clock", arguments: "{}" })
  const entries = [
    entryOf({ role: "function_call", content: call }, "1", 0),
    entryOf({ role: "assistant", content: "nine" }, "2", 0),
    entryOf({ role: "assistant", content: "It is nine." }, "3", 0)
  ]
  expect(
    dialogue(entries, { agent: { name: "Ada" }, user: undefined })
      .split("\n")
      .slice(1)
  ).toEqual(["Result of a tool: nine", "Ada: It is nine."])
})
