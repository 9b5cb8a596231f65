import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { type Postings, TURNS_PER_SESSION } from "../../../../src/engine/ports/Storage.js"
import {
  bestRows,
  byScore,
  idf,
  LIMITS,
  type ScoredRow,
  scoreRows
} from "../../../../src/engine/usecases/recall/Scores.js"
import { scoreTurns } from "../../../../src/engine/usecases/recall/TurnSearch.js"

const rowIdsOf = (scored: ReadonlyArray<ScoredRow>) => scored.map(({ rowId }) => rowId)

const turnsFor = (found: Postings, minScore = 0) => bestRows(scoreTurns(found), 1000, minScore)

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

  it("are the sums of the weights of their terms, however many these are", () => {
    const rows = [...Array(30).keys()]
    // Each row has one term, and the last row has all.
    const found = scoreRows({ rows: 100, postings: rows.map((rowId) => [30, rowId]) })
    expect(found.map(({ rowId, score }) => [rowId, score.toFixed(6)])).toEqual([
      [30, "1.000000"],
      ...rows.toReversed().map((rowId) => [rowId, (1 / 30).toFixed(6)])
    ])
  })
})

describe("the best rows", () => {
  it("are the first of all in order, whatever their number", () => {
    const count = 400
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: count, maxLength: count }), fc.nat(count), (values, limit) => {
        const scores = values.map((value) => value / 20)
        const found = { rowIds: Float64Array.from(scores.keys()), scores: Float64Array.from(scores) }
        const all = scores.map((score, rowId) => ({ rowId, score })).sort(byScore)
        const expected = all.filter(({ score }) => score >= 0.2).slice(0, limit)
        expect(bestRows(found, limit, 0.2)).toEqual(expected)
      })
    )
  })
})

describe("scores of turns", () => {
  /** The score of each turn from the first row id on, to two digits; 0 where none was found. */
  const scoresFrom = (first: number, found: ReadonlyArray<ScoredRow>, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const { score = 0 } = found.find(({ rowId }) => rowId === first + index) ?? {}
      return Number(score.toFixed(2))
    })
  /** What the best turn of a session counts for each turn of it. */
  const SESSION_SHARE = 0.1
  const withBest = (score: number, best: number) =>
    Number(((score + SESSION_SHARE * best) / (1 + SESSION_SHARE)).toFixed(2))

  it("leave out turns below the least score", () => {
    expect(rowIdsOf(turnsFor({ rows: 100, postings: [[1], [12, 13, 14, 15, 16, 17]] }, 0.5))).toEqual([1])
  })

  it("count a term that only a neighbour contains: 0.7 of it next to the turn, 0.5 two turns away", () => {
    const [, second, first, own] = scoresFrom(47, turnsFor({ rows: 100, postings: [[50]] }), 7)
    expect(scoresFrom(47, turnsFor({ rows: 100, postings: [[50]] }), 7)).toEqual([
      0,
      second,
      first,
      own,
      first,
      second,
      0
    ])
    expect(own).toBe(1)
    expect([first, second]).toEqual([withBest(0.7, 1), withBest(0.5, 1)])
  })

  it("count a term once, for the nearest turn that contains it", () => {
    const all = scoresFrom(18, turnsFor({ rows: 100, postings: [[20, 21, 22]] }), 7)
    expect(all).toEqual([0.5, 0.7, 1, 1, 1, 0.7, 0.5].map((score) => withBest(score, 1)))
    // A turn without terms of its own, between two that have different ones: each has half, and 0.5 or 0.35 of the other.
    expect(scoresFrom(50, turnsFor({ rows: 100, postings: [[49], [51]] }), 1)).toEqual([withBest(0.7, 0.75)])
    expect(scoresFrom(50, turnsFor({ rows: 100, postings: [[48], [52]] }), 1)).toEqual([0.5])
  })

  it("are the same whether the neighbours of two turns touch or not", () => {
    const alone = scoresFrom(98, turnsFor({ rows: 100, postings: [[100]] }), 5)
    for (const distance of [5, 6, 7, 1000]) {
      const found = turnsFor({ rows: 100, postings: [[100, 100 + distance]] })
      expect(scoresFrom(98, found, 5)).toEqual(alone)
      expect(scoresFrom(98 + distance, found, 5)).toEqual(alone)
      expect(found).toHaveLength(10)
    }
  })

  it("add a tenth of the best score of the session", () => {
    const first = 3 * TURNS_PER_SESSION
    const second = 4 * TURNS_PER_SESSION
    // Both sessions have a turn with the second term; the first session also has one with both.
    const found = turnsFor({ rows: 100, postings: [[first + 1], [first + 1, first + 50, second + 50]] })
    expect(rowIdsOf(found).indexOf(first + 50)).toBeLessThan(rowIdsOf(found).indexOf(second + 50))
    const score = (rowId: number) => found.find((scored) => scored.rowId === rowId)?.score ?? 0
    expect(score(first + 1)).toBeCloseTo(1)
    expect(score(first + 50)).toBeCloseTo((score(second + 50) + SESSION_SHARE) / (1 + SESSION_SHARE))
  })

  it("keep the best, and of equals the newest, however many there are", () => {
    const common = Array.from({ length: 1000 }, (_, index) => 10 * index)
    const found = scoreTurns({ rows: 100, postings: [common, [500, 20]] })
    expect(rowIdsOf(bestRows(found, 4))).toEqual([500, 20, 501, 499])
    expect(rowIdsOf(bestRows(scoreTurns({ rows: 100, postings: [common] }), 3))).toEqual([9990, 9980, 9970])
  })

  it("are within 0 and 1, best first, one for each row; with neighbours never less than without", () => {
    fc.assert(
      fc.property(anyPostings, (found) => {
        const alone = scoreRows(found)
        const withNeighbours = turnsFor(found)
        for (const scored of [alone, withNeighbours]) {
          expect(new Set(rowIdsOf(scored)).size).toBe(scored.length)
          expect(scored).toEqual(scored.toSorted(byScore))
          for (const { score } of scored) {
            expect(score).toBeGreaterThanOrEqual(0)
            expect(score).toBeLessThan(1.0000001)
          }
        }
        expect(new Set(rowIdsOf(alone))).toEqual(new Set(found.postings.flat()))
        for (const { rowId, score } of alone) {
          const same = withNeighbours.find((scored) => scored.rowId === rowId)
          expect(same?.score ?? 0).toBeGreaterThan(score - 1e-9)
        }
      })
    )
  })
})
