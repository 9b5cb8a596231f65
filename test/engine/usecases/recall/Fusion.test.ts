import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { appendVectorOnly, fuseScores } from "../../../../src/engine/usecases/recall/Fusion.js"

const row = (rowId: number, score: number) => ({ rowId, score })
const order = (rows: ReadonlyArray<{ readonly rowId: number }>) => rows.map(({ rowId }) => rowId)

describe("words and vectors", () => {
  it("are one ranking: by the part of the best score by words, plus the cosine", () => {
    const byWords = [row(1, 0.4), row(2, 0.2), row(3, 0.1)]
    const cosines = new Map([
      [4, 0.9],
      [3, 0.8],
      [2, 0.2],
      [1, 0.1]
    ])
    // 1.1, 0.7, 1.05 and 0.9.
    expect(order(fuseScores(byWords, cosines, 1))).toEqual([1, 3, 4, 2])
    expect(order(fuseScores(byWords, cosines, 0))).toEqual([1, 2, 3])
    expect(order(fuseScores(byWords, new Map(), 1))).toEqual([1, 2, 3])
    expect(order(fuseScores([], cosines, 1))).toEqual([4, 3, 2, 1])
    expect(fuseScores([], new Map(), 1)).toEqual([])
  })

  it("have a score that says how good the best one is: the mean of its score by words and its cosine", () => {
    const [best, second] = fuseScores(
      [row(1, 0.4)],
      new Map([
        [1, 0.2],
        [2, 0.3]
      ]),
      1
    )
    expect(best).toEqual({ rowId: 1, score: expect.closeTo(0.3, 10) })
    expect(second).toEqual({ rowId: 2, score: expect.closeTo(0.3 * (0.3 / 1.2), 10) })
    expect(fuseScores([], new Map([[1, 0.6]]), 2)[0]?.score).toBeCloseTo(0.4, 10)
  })

  it("let a row without a vector have the mean cosine of those that words found", () => {
    const cosines = new Map([
      [1, 0.6],
      [3, 0.2],
      [4, 0.9]
    ])
    const found = fuseScores([row(1, 1), row(2, 0.9), row(3, 0.8)], cosines, 1)
    expect(order(found)).toEqual([1, 2, 3, 4])
    expect(found[1]?.score).toBeCloseTo((0.8 / 1.6) * 1.3, 10)
  })

  it("leave out what neither finds, and take a cosine below 0 as 0", () => {
    const cosines = new Map([
      [1, -0.5],
      [2, -0.1],
      [3, 0]
    ])
    expect(fuseScores([row(1, 0.5)], cosines, 1)).toEqual([{ rowId: 1, score: 0.25 }])
  })

  it("are each row once, by falling scores between 0 and 1; of equals, the one that comes first", () => {
    const part = fc.integer({ min: 0, max: 20 }).map((value) => value / 20)
    const byWords = fc.uniqueArray(fc.record({ rowId: fc.integer({ min: 1, max: 30 }), score: part }), {
      selector: ({ rowId }) => rowId
    })
    const cosines = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), part)).map((all) => new Map(all))
    fc.assert(
      fc.property(byWords, cosines, fc.constantFrom(0.5, 1, 2), (words, vectors, weight) => {
        const found = fuseScores(words, vectors, weight)
        expect(new Set(order(found)).size).toBe(found.length)
        const scores = found.map(({ score }) => score)
        expect(scores).toEqual(scores.toSorted((one, other) => other - one))
        expect(scores.every((score) => score > 0 && score <= 1 + Number.EPSILON)).toBe(true)
        const firsts = [...order(words), ...vectors.keys()]
        for (const [index, { rowId, score }] of found.entries()) {
          const next = found[index + 1]
          if (next?.score === score) expect(firsts.indexOf(rowId)).toBeLessThan(firsts.indexOf(next.rowId))
        }
      }),
      {
        examples: [
          // The sums differ in their last digit, and what is in proportion to them does not.
          [
            [row(1, 0.15), row(3, 0.75)],
            new Map([
              [2, 0.9],
              [1, 0.7]
            ]),
            1
          ]
        ]
      }
    )
  })
})

describe("words and vectors that know nothing but words", () => {
  it("are one ranking: what words found, with the same scores, then what only vectors found, the nearest first", () => {
    const cosines = new Map([
      [1, 0.1],
      [2, 0.9],
      [3, 0.4],
      [4, 0.8],
      [5, -0.5]
    ])
    expect(appendVectorOnly([row(2, 0.1), row(1, 0.2)], cosines)).toEqual([
      row(1, 0.2),
      row(2, 0.1),
      row(4, 0.1 * 0.8),
      row(3, 0.1 * 0.4)
    ])
    expect(appendVectorOnly([row(1, 3)], new Map([[2, 0.8]]))).toEqual([row(1, 3), row(2, 0.4)])
    expect(appendVectorOnly([], new Map([[2, 0.8]]))).toEqual([row(2, 0.4)])
    expect(appendVectorOnly([row(1, 3)], new Map())).toEqual([row(1, 3)])
  })

  it("score a row that only vectors found as words and vectors that know meaning do, if words found none", () => {
    const cosines = new Map([[1, 0.6]])
    expect(appendVectorOnly([], cosines)).toEqual(fuseScores([], cosines, 1))
  })
})
