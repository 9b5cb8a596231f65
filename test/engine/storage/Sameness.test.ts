import { expect, it } from "@effect/vitest"
import { sameness } from "../../../src/engine/storage/MemoriesTable.js"

it("sameness ignores case and white space", () => {
  expect(sameness(" The  user\nLIKES tea ")).toBe(sameness("the user likes tea"))
  expect(sameness("likes tea")).not.toBe(sameness("likes teas"))
})

it("sameness of a long text of unordered combining marks is computed at once", () => {
  const marks = "\u0301".repeat(100_000) + "\u0316".repeat(100_000)
  expect(sameness(`tea${marks}`)).not.toBe(sameness("tea"))
})
