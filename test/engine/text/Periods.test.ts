import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import {
  DAY,
  dayOf,
  indexTerms,
  monthOf,
  type Period,
  parsePeriod,
  periodText,
  searchTerms,
  weekOf,
  yearOf
} from "../../../src/engine/text/Periods.js"

const moment = fc.integer({ min: Date.UTC(1001, 0), max: Date.UTC(9990, 0) })
const period: fc.Arbitrary<Period> = fc.oneof(
  moment.map(dayOf),
  moment.map(weekOf),
  fc
    .tuple(fc.integer({ min: 1000, max: 9998 }), fc.integer({ min: 0, max: 11 }))
    .map(([year, month]) => monthOf(year, month)),
  fc.integer({ min: 1000, max: 9998 }).map(yearOf),
  fc
    .tuple(moment, fc.integer({ min: 1, max: 5000 }))
    .map(([at, days]) => ({ from: dayOf(at).from, until: dayOf(at).from + days * DAY }))
    .filter(({ until }) => until < Date.UTC(9999, 11, 31))
)

describe("parsePeriod", () => {
  it.each([
    ["2023-05-07", "7 May 2023"],
    ["2023-05-07T09:30:00Z", "7 May 2023"],
    ["2023-05", "May 2023"],
    ["2023", "2023"],
    [" 2023-05-01/2023-05-07 ", "1 May 2023 to 7 May 2023"],
    ["2023-05/2023-06", "1 May 2023 to 30 June 2023"],
    ["2023-05-01 to 2023-05-07", "1 May 2023 to 7 May 2023"],
    ["2023-05-07/", "7 May 2023"],
    ["7 May 2023", "7 May 2023"],
    ["7th of May, 2023", "7 May 2023"],
    ["May 7, 2023", "7 May 2023"],
    ["may 2023", "May 2023"]
  ])("%s is %s", (text, expected) => {
    const found = parsePeriod(text)
    expect(found && periodText(found)).toBe(expected)
  })

  it.each([
    "",
    "yesterday",
    "7 May",
    "2023-13",
    "2023-02-30",
    "2023-00-01",
    "0012",
    "7 Mai 2023",
    "ma 2023",
    "2023-05-07/2023-05-01",
    "a/b/c",
    "/2023"
  ])("is none: %s", (text) => {
    expect(parsePeriod(text)).toBe(undefined)
  })

  it("takes no time for what is longer than any period", () => {
    for (const unit of [" ", "/", " to ", "2023 "])
      expect(parsePeriod(`2023${unit.repeat(25_000)}x`), unit).toBe(undefined)
  })
})

describe("a period", () => {
  it("is read from its words as it was", () => {
    fc.assert(
      fc.property(period, (each) => {
        expect(parsePeriod(periodText(each))).toEqual(each)
      })
    )
  })

  it("is found by each time that it is part of, and by no other", () => {
    const finds = (asked: Period, about: Period) => {
      const terms = new Set(indexTerms(about))
      return searchTerms(asked).some((term) => terms.has(term))
    }
    fc.assert(
      fc.property(moment, (at) => {
        const { year, month } = { year: new Date(at).getUTCFullYear(), month: new Date(at).getUTCMonth() }
        const day = dayOf(at)
        for (const larger of [day, weekOf(at), monthOf(year, month), yearOf(year)])
          expect(finds(larger, day)).toBe(true)
        expect(finds(dayOf(at + DAY), day)).toBe(false)
        expect(finds(weekOf(at + 7 * DAY), day)).toBe(false)
        expect(finds(monthOf(year, month + 1), day)).toBe(false)
        expect(finds(yearOf(year - 1), day)).toBe(false)
      })
    )
    expect(finds(dayOf(Date.UTC(2023, 4, 8)), monthOf(2023, 4))).toBe(false)
  })

  it("has a bounded number of terms, which an index keeps whole", () => {
    fc.assert(
      fc.property(period, (each) => {
        for (const terms of [indexTerms(each), searchTerms(each)]) {
          expect(terms.length).toBeLessThan(64)
          for (const term of terms) expect(term).toMatch(/^[dmy]\d{4,8}$/)
        }
      })
    )
    expect(indexTerms({ from: 0, until: Date.UTC(2400, 0) })).toEqual([])
  })
})
