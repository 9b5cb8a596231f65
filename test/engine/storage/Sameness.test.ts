import { expect, it } from "@effect/vitest"
import { sameness } from "../../../src/engine/storage/MemoriesTable.js"

it("sameness ignores case and white space", () => {
  expect(sameness(" The  user\nLIKES tea ")).toBe(sameness("the user likes tea"))
  expect(sameness("likes tea")).not.toBe(sameness("likes teas"))
})
