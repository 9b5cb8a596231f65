import { describe, expect, it } from "@effect/vitest"
import { scoreRows } from "../../../../src/engine/usecases/recall/Scores.js"
import * as TimedQuery from "../../../../src/engine/usecases/recall/TimedQuery.js"

const NOW = Date.UTC(2023, 5, 14)
const timesOf = (text: string) => {
  const { terms, times } = TimedQuery.parse(text, NOW)
  return terms.slice(terms.length - times).map(({ stem }) => stem)
}

describe("a query that names a time", () => {
  it.each([
    ["What did I do yesterday?", ["d20230613"]],
    ["What happened last month?", ["m202305"]],
    ["What did we see in 2022?", ["y2022"]],
    ["And in May?", ["m202305", "m202405"]],
    ["What did I say last weekend?", ["d20230610", "d20230611"]],
    ["May I march on?", []],
    ["yesterday, one day ago", ["d20230613"]]
  ])("has the terms of it: %s", (text, expected) => {
    expect(timesOf(text)).toEqual(expected)
  })

  it("has a bounded number of terms", () => {
    const days = Array.from({ length: 200 }, (_, day) => new Date(NOW + day * 86_400_000).toISOString().slice(0, 10))
    expect(timesOf(days.join("\n"))).toHaveLength(62)
  })

  it("counts its time as one term, whichever of its days a row is of", () => {
    const query = TimedQuery.parse("dog last weekend", NOW)
    const [dog, last, weekend, saturday, sunday] = [[9, 5], [], [], [7, 5], [8]]
    const rows = { rows: 20, postings: [dog, last, weekend, saturday, sunday] }
    const found = TimedQuery.orTimeTerms(query, rows)
    expect(found.postings.map((each) => each.toSorted())).toEqual([
      [5, 9],
      [5, 7, 8]
    ])
    expect(scoreRows(found).map(({ rowId }) => rowId)).toEqual([5, 9, 8, 7])
  })

  it("is as if it named none, where nothing is of its time", () => {
    const query = TimedQuery.parse("dog yesterday", NOW)
    const found = TimedQuery.orTimeTerms(query, { rows: 20, postings: [[9, 5], [], []] })
    expect(found).toEqual({ rows: 20, postings: [[9, 5], []] })
    const nothing = { rows: 0, postings: [] }
    expect(TimedQuery.orTimeTerms(query, nothing)).toEqual(nothing)
  })
})
