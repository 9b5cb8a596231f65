import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { MANY } from "../../../../src/engine/ports/Storage.js"
import { type Match, matches, matchesAndBeside, tellsOf } from "../../../../src/engine/usecases/recall/TurnSearch.js"

const placesOf = (found: ReadonlyArray<Match>) => found.map(({ place }) => place)

const anyPlaces = fc.record({
  rows: fc.nat(MANY),
  places: fc.array(fc.uniqueArray(fc.nat(30), { maxLength: 12 }), { maxLength: 5 })
})

describe("how much words tell", () => {
  it("is more the rarer they are, and never less than nothing", () => {
    const tells = tellsOf(100, [0, 1, 10, 50, 100, 2000])
    expect(tells).toEqual(tells.toSorted((one, other) => other - one))
    expect(Math.min(...tells)).toBeGreaterThanOrEqual(0)
  })
})

describe("matches", () => {
  it("are rows by how much of the question they say, of equals the newest first", () => {
    expect(placesOf(matches({ rows: 100, places: [[1, 2, 3, 4], [4, 5], [4]] }))).toEqual([4, 5, 3, 2, 1])
  })

  it("say everything with every word, and nothing where there is no word", () => {
    expect(matches({ rows: 9, places: [[7], [7]] })).toEqual([{ place: 7, score: 1 }])
    expect(matches({ rows: 9, places: [[], []] })).toEqual([])
    expect(matches({ rows: 9, places: [] })).toEqual([])
  })

  it("leave out what says too little", () => {
    expect(placesOf(matchesAndBeside({ rows: 100, places: [[1], [12, 13, 14, 15, 16, 17]] }, 0.5))).toEqual([1])
  })

  it("weigh words that are in most of many rows less than others", () => {
    const common = Array.from({ length: MANY + 100 }, (_, place) => place)
    const [best, second] = matches({ rows: MANY, places: [common, [7, 9], [9]] })
    expect(best?.place).toBe(9)
    expect(second?.place).toBe(7)
    expect(matches({ rows: MANY, places: [common] }).every(({ score }) => score > 0)).toBe(true)
  })

  it("of a question of many words count the most telling of those that any row has", () => {
    const absent = Array.from({ length: 60 }, () => [])
    const common = Array.from({ length: 40 }, () => [1, 2, 3])
    const found = matches({ rows: 100, places: [...absent, ...common, [9]] })
    expect(found.map(({ place }) => place).sort()).toEqual([1, 2, 3, 9])
  })

  it("of turns count what only the turn before or after has, for less, and once", () => {
    // A question, its answer, and one that has a word itself while both beside it have it too.
    const found = matchesAndBeside({ rows: 100, places: [[10], [20, 21, 22]] })
    const score = (place: number) => found.find((match) => match.place === place)?.score ?? 0
    expect(score(11)).toBe(score(9))
    expect(score(11)).toBeLessThan(score(10))
    expect(score(11)).toBeGreaterThan(score(10) / 2)
    expect(score(21)).toBe(score(20))
    expect(score(23)).toBe(score(19))
    expect(placesOf(found)).not.toContain(12)
  })

  it("are in order, within 0 and 1, each once; beside one another never less than alone", () => {
    fc.assert(
      fc.property(anyPlaces, (found) => {
        const alone = matches(found)
        const beside = matchesAndBeside(found)
        for (const ranked of [alone, beside]) {
          expect(new Set(placesOf(ranked)).size).toBe(ranked.length)
          expect(ranked.map(({ score }) => score)).toEqual(ranked.map(({ score }) => score).toSorted((a, b) => b - a))
          for (const { score } of ranked) {
            expect(score).toBeGreaterThanOrEqual(0)
            expect(score).toBeLessThan(1.0000001)
          }
        }
        expect(new Set(placesOf(alone))).toEqual(new Set(found.places.flat()))
        for (const { place, score } of alone) {
          const same = beside.find((match) => match.place === place)
          expect(same?.score ?? -1).toBeGreaterThan(score - 1e-9)
        }
      })
    )
  })
})
