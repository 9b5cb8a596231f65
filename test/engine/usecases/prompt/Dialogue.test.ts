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
