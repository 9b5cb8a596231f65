import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { readTimes } from "../../../src/engine/text/Dates.js"
import { periodText } from "../../../src/engine/text/Periods.js"

const timesIn = (text: string, now: number) => readTimes(text, now).times

/** A Wednesday. */
const NOW = Date.UTC(2023, 5, 14, 10)
const timesOf = (text: string, now = NOW) =>
  timesIn(text, now).map((meanings) => meanings.map((period) => periodText(period)).join(" or "))

describe("readTimes", () => {
  it.each([
    ["What did I do yesterday?", "13 June 2023"],
    ["What did I do the day before yesterday?", "12 June 2023"],
    ["Who called last night?", "13 June 2023"],
    ["What is on today?", "14 June 2023"],
    ["What is on tonight?", "14 June 2023"],
    ["What did I say this morning?", "14 June 2023"],
    ["Where do I go tomorrow?", "15 June 2023"],
    ["And the day after tomorrow", "16 June 2023"],
    ["two days ago", "12 June 2023"],
    ["30 days ago", "15 May 2023"],
    ["a couple of weeks ago", "29 May 2023 to 4 June 2023"],
    ["a month ago", "May 2023"],
    ["six months ago", "December 2022"],
    ["3 years ago", "2020"],
    ["What happened last week?", "5 June 2023 to 11 June 2023"],
    ["What is there to do next week?", "19 June 2023 to 25 June 2023"],
    ["this weekend", "17 June 2023 to 18 June 2023"],
    ["last weekend", "10 June 2023 to 11 June 2023"],
    ["this month", "June 2023"],
    ["last month", "May 2023"],
    ["next year's plans", "2024"],
    ["in the past three days", "11 June 2023 to 14 June 2023"],
    ["over the last week", "7 June 2023 to 14 June 2023"],
    ["last Tuesday", "13 June 2023"],
    ["last Wednesday", "7 June 2023"],
    ["this Friday", "16 June 2023"],
    ["next Tuesday", "20 June 2023"],
    ["next Friday", "16 June 2023 or 23 June 2023"],
    ["on friday", "9 June 2023 or 16 June 2023"],
    ["What did Ada do in May?", "May 2023 or May 2024"],
    ["what did ada do in may?", "May 2023 or May 2024"],
    ["during early March", "March 2023 or March 2024"],
    ["In April 3 people came.", "April 2023 or April 2024"],
    ["last May", "May 2023"],
    ["last June", "June 2022"],
    ["this October", "October 2023"],
    ["next May", "May 2024"],
    ["in May 2023", "May 2023"],
    ["at the end of Sept. 2021", "September 2021"],
    ["What did she do may 2023?", "May 2023"],
    ["what did she do may 2023", "May 2023"],
    ["in 2022", "2022"],
    ["in the year 1999?", "1999"],
    ["on 8 May", "8 May 2023 or 8 May 2024"],
    ["on the 8th of May", "8 May 2023 or 8 May 2024"],
    ["on 8 may", "8 May 2023 or 8 May 2024"],
    ["8 May 2023", "8 May 2023"],
    ["8 may 2023", "8 May 2023"],
    ["who came 8 may", "8 May 2023 or 8 May 2024"],
    ["who came march 8", "8 March 2023 or 8 March 2024"],
    ["who came march 8\n", "8 March 2023 or 8 March 2024"],
    ["May 8th, 2023", "8 May 2023"],
    ["May 8 2023", "8 May 2023"],
    ["What happened May 8?", "8 May 2023 or 8 May 2024"],
    ["on Dec 24", "24 December 2022 or 24 December 2023"],
    ["on 29 February", "29 February 2020 or 29 February 2024"],
    ["2023-05-08", "8 May 2023"],
    ["at 2023-05-08T09:00:00Z", "8 May 2023"]
  ])("%s: %s", (text, expected) => {
    expect(timesOf(text)).toEqual([expected])
  })

  it.each([
    "May I ask you something?",
    "This may be wrong.",
    "It may 8 times fail.",
    "May 8 people join?",
    "The 8 may be late.",
    "How may 2023 differ?",
    "They march with me.",
    "march 4 miles",
    "this march was long",
    "What did June say to April?",
    "Give me a second.",
    "The sun sets, and we sat.",
    "Mar did it.",
    "Jan has a dog.",
    "Summarize it in 2000 words.",
    "Say it in 2000 short words.",
    "I have 2023 books.",
    "call 0800-2023-05",
    "version 2023-05-08-2",
    "2023-13-40",
    "0050-01-01",
    "0000-12-31",
    "on 31 April",
    "the last week of school",
    "last week of school",
    "the next week",
    "on Tuesdays",
    "twenty one years ago",
    "1,000 years ago",
    "2.5 years ago",
    "half a year ago",
    "long ago",
    "a daydream, nowadays"
  ])("names no time: %s", (text) => {
    expect(timesOf(text)).toEqual([])
  })

  it("finds every time of a text, and takes no words twice", () => {
    expect(timesOf("Between 8 May 2023 and yesterday, or in 2021").toSorted()).toEqual([
      "13 June 2023",
      "2021",
      "8 May 2023"
    ])
  })

  it.each([
    ["What did Ada say last week?", "What did Ada say /////////?"],
    ["two days ago, on Tuesday", "////////////, on Tuesday"],
    ["in May 2023", "in May 2023"],
    ["Yesterday and on 8 May", "///////// and on 8 May"],
    ["last week of school", "last week of school"]
  ])("leaves out the words that mean another time on another day: %s", (text, expected) => {
    expect(readTimes(text, NOW).rest).toBe(expected)
  })

  it("counts days in UTC, to the millisecond", () => {
    expect(timesOf("yesterday", Date.UTC(2024, 2, 1))).toEqual(["29 February 2024"])
    expect(timesOf("yesterday", Date.UTC(2024, 2, 1) - 1)).toEqual(["28 February 2024"])
    expect(timesOf("this week", Date.UTC(2023, 0, 1))).toEqual(["26 December 2022 to 1 January 2023"])
  })

  it("finds the same whenever it is asked, and periods that begin before they end", () => {
    const words = fc.constantFrom(
      ..."last next this on in the May may 8 8th 2023 week days two ago yesterday Tuesday of , ? march 29 February".split(
        " "
      )
    )
    const texts = fc.array(words, { maxLength: 12 }).map((each) => each.join(" "))
    fc.assert(
      fc.property(
        texts,
        fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }),
        (text, at) => {
          const found = timesIn(text, at.getTime())
          expect(timesIn(text, at.getTime())).toEqual(found)
          for (const meanings of found) {
            expect(meanings.length).toBeGreaterThan(0)
            for (const { from, until } of meanings) expect(from).toBeLessThan(until)
          }
        }
      ),
      { numRuns: 500 }
    )
  })

  it("finds the first 100 times of a text", () => {
    expect(timesIn("on 8 May 2023, ".repeat(1000), NOW)).toHaveLength(100)
    expect(readTimes("yesterday ".repeat(101), NOW).rest).toBe(`${"///////// ".repeat(100)}yesterday `)
  })

  it("takes time in proportion to the text", () => {
    for (const unit of ["in the ", "on the 8 ", "2023-", "may ", "a couple of ", "last "]) {
      expect(timesIn(unit.repeat(200_000), NOW), unit).toEqual([])
    }
  })
})

it("reads the times of the first 20,000 characters", () => {
  const text = "x".repeat(19_980)
  expect(readTimes(`${text} yesterday`, 0).times).toHaveLength(1)
  expect(readTimes(`${text}${text} yesterday`, 0).times).toEqual([])
})
