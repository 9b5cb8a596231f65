import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { idf, LIMITS, type ScoredRow, scoreRows } from "../../../../src/engine/usecases/recall/Scores.js"
import { scoreTurns } from "../../../../src/engine/usecases/recall/TurnSearch.js"

const rowIdsOf = (scored: ReadonlyArray<ScoredRow>) => scored.map(({ rowId }) => rowId)

const anyPostings = fc.record({
  rows: fc.nat(LIMITS.rows),
  postings: fc.array(fc.uniqueArray(fc.nat(30), { maxLength: 12 }), { maxLength: 5 })
})

describe("the inverse document frequency", () => {
  it("is higher the rarer a term is, and never negative", () => {
    const idfs = idf(100, [0, 1, 10, 50, 100, 2000])
    expect(idfs).toEqual(idfs.toSorted((one, other) => other - one))
    expect(Math.min(...idfs)).toBeGreaterThanOrEqual(0)
  })
})

describe("scores of rows", () => {
  it("order them by how much of the query they contain, of equals the newest first", () => {
    expect(rowIdsOf(scoreRows({ rows: 100, postings: [[1, 2, 3, 4], [4, 5], [4]] }))).toEqual([4, 5, 3, 2, 1])
  })

  it("are 1 with every term, and leave out rows without any", () => {
    expect(scoreRows({ rows: 9, postings: [[7], [7]] })).toEqual([{ rowId: 7, score: 1 }])
    expect(scoreRows({ rows: 9, postings: [[], []] })).toEqual([])
    expect(scoreRows({ rows: 9, postings: [] })).toEqual([])
  })

  it("weigh terms that most rows contain less than others, also where the count of rows stopped at the limit", () => {
    const common = Array.from({ length: LIMITS.rows + 100 }, (_, rowId) => rowId)
    const [best, second] = scoreRows({ rows: LIMITS.rows, postings: [common, [7, 9], [9]] })
    expect(best?.rowId).toBe(9)
    expect(second?.rowId).toBe(7)
    expect(scoreRows({ rows: LIMITS.rows, postings: [common] }).every(({ score }) => score > 0)).toBe(true)
  })

  it("count the rarest terms that any row contains, where a query has many", () => {
    const absent = Array.from({ length: 60 }, () => [])
    const common = Array.from({ length: 40 }, () => [1, 2, 3])
    const found = scoreRows({ rows: 100, postings: [...absent, ...common, [9]] })
    expect(rowIdsOf(found).sort()).toEqual([1, 2, 3, 9])
  })
})

describe("scores of turns", () => {
  it("leave out turns below the least score", () => {
    expect(rowIdsOf(scoreTurns({ rows: 100, postings: [[1], [12, 13, 14, 15, 16, 17]] }, 0.5))).toEqual([1])
  })

  it("count a term that only the turn before or after contains, for less, and once", () => {
    // A question, its answer, and a turn that contains a term itself while both of its neighbours do, too.
    const found = scoreTurns({ rows: 100, postings: [[10], [20, 21, 22]] })
    const score = (rowId: number) => found.find((scored) => scored.rowId === rowId)?.score ?? 0
    expect(score(11)).toBe(score(9))
    expect(score(11)).toBeLessThan(score(10))
    expect(score(11)).toBeGreaterThan(score(10) / 2)
    expect(score(21)).toBe(score(20))
    expect(score(23)).toBe(score(19))
    expect(rowIdsOf(found)).not.toContain(12)
  })

  it("are within 0 and 1, best first, one for each row; with neighbours never less than without", () => {
    fc.assert(
      fc.property(anyPostings, (found) => {
        const alone = scoreRows(found)
        const withNeighbours = scoreTurns(found)
        for (const scored of [alone, withNeighbours]) {
          expect(new Set(rowIdsOf(scored)).size).toBe(scored.length)
          expect(scored.map(({ score }) => score)).toEqual(scored.map(({ score }) => score).toSorted((a, b) => b - a))
          for (const { score } of scored) {
            expect(score).toBeGreaterThanOrEqual(0)
            expect(score).toBeLessThan(1.0000001)
          }
        }
        expect(new Set(rowIdsOf(alone))).toEqual(new Set(found.postings.flat()))
        for (const { rowId, score } of alone) {
          const same = withNeighbours.find((scored) => scored.rowId === rowId)
          expect(same?.score ?? -1).toBeGreaterThan(score - 1e-9)
        }
      })
    )
  })
})
