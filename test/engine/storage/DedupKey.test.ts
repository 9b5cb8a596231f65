import { expect, it } from "@effect/vitest"
import { normalizedText } from "../../../src/engine/storage/MemoriesTable.js"

it("dedup_key ignores case and white space", () => {
  expect(normalizedText(" The  user\nLIKES tea ")).toBe(normalizedText("the user likes tea"))
  expect(normalizedText("likes tea")).not.toBe(normalizedText("likes teas"))
})

it("dedup_key of a long text of unordered combining marks is computed at once", () => {
  const marks = "\u0301".repeat(100_000) + "\u0316".repeat(100_000)
  expect(normalizedText(`tea${marks}`)).not.toBe(normalizedText("tea"))
})
