import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { fuse } from "../../../../src/engine/usecases/recall/Fusion.js"

const self = (item: string) => item
const fused = (one: ReadonlyArray<string>, other: ReadonlyArray<string>) =>
  fuse(one, other, self).map(({ item }) => item)

describe("reciprocal rank fusion", () => {
  it("puts the items of both rankings first, and keeps the order of items of one", () => {
    expect(fused(["a", "b", "c"], ["c", "d"])).toEqual(["c", "a", "b", "d"])
    expect(fused(["a", "b"], [])).toEqual(["a", "b"])
    expect(fused([], ["a"])).toEqual(["a"])
  })

  it("has every item once, by descending scores between 0 and 1, the same in either order of the rankings", () => {
    const ranking = fc.uniqueArray(fc.constantFrom(..."abcdefgh"))
    fc.assert(
      fc.property(ranking, ranking, (one, other) => {
        const both = fuse(one, other, self)
        expect(both.map(({ item }) => item).toSorted()).toEqual([...new Set([...one, ...other])].toSorted())
        const scores = both.map(({ score }) => score)
        expect(scores).toEqual(scores.toSorted((a, b) => b - a))
        expect(scores.every((score) => score > 0 && score <= 1)).toBe(true)
        expect(fuse(other, one, self).map(({ score }) => score)).toEqual(scores)
      })
    )
  })
})
