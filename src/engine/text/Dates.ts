/**
 * The times that English texts name: "yesterday", "last week", "8 May 2023". They are resolved against a moment, in days of
 * UTC. A word that is a time only at times needs a sign of it: "may" is a month beside a day, a year or a preposition.
 */
import { DAY, dayIn, dayOf, MONTHS, monthNumber, monthOf, type Period, weekOf, yearMonth, yearOf } from "./Periods.js"

/** The characters of a text that are searched. */
const MAX_TEXT = 20_000
/** The most times of a text: a search looks for the days of a few. */
const MAX_TIMES = 100

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
const NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]

/** What a time means: one period if it is certain, two if it is the last or the next one. */
export type Meanings = ReadonlyArray<Period>

type Groups = Readonly<Record<string, string | undefined>>

interface Rule {
  readonly pattern: RegExp
  /** Whether the words mean another time on another day, as "yesterday" does. */
  readonly isRelative: boolean
  /** No meaning: the words do not name a time. */
  readonly read: (now: number, groups: Groups) => ReadonlyArray<Period | undefined>
}

const isDefined = (period: Period | undefined): period is Period => period !== undefined

/** The latest of the periods of a year that has begun, and the next one. */
const around = (now: number, ofYear: (year: number) => Period | undefined): Meanings => {
  const { year } = yearMonth(now)
  // A 29 February is at most eight years away.
  const near = Array.from({ length: 17 }, (_, index) => ofYear(year - 8 + index)).filter(isDefined)
  return [near.findLast(({ from }) => from <= now), near.find(({ from }) => from > now)].filter(isDefined)
}

/** The period of a unit that is some units away from that of now. */
const shifted = (now: number, unit: string, steps: number): Period => {
  const { month, year } = yearMonth(now)
  if (unit === "day") return dayOf(now + steps * DAY)
  if (unit === "week") return weekOf(now + steps * 7 * DAY)
  return unit === "month" ? monthOf(year, month + steps) : yearOf(year + steps)
}

const DAYS_OF: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30, year: 365 }

const amount = (text = "one"): number => {
  const word = NUMBERS.indexOf(text.toLowerCase())
  return word < 0 ? Number.parseInt(text, 10) || 1 : word + 1
}

/** "may" and "march" in small letters are verbs, unless something beside them says that they are months. */
const isVerb = ({ month, on, stop, year }: Groups): boolean =>
  /^(may|march)$/.test(month ?? "") && on === undefined && stop === undefined && year === undefined

const date = (now: number, { day, month = "", year }: Groups): ReadonlyArray<Period | undefined> =>
  year === undefined
    ? around(now, (each) => dayIn(each, monthNumber(month), Number(day)))
    : [dayIn(Number(year), monthNumber(month), Number(day))]

const monthOfWhich = (now: number, which: string, month: number): Meanings => {
  const { year } = yearMonth(now)
  const near = around(now, (each) => monthOf(each, month))
  if (which === "this") return [monthOf(year, month)]
  if (which === "next") return near.slice(-1)
  // The month of today is not the last one of its name.
  return which === "last" ? [monthOf(month < yearMonth(now).month ? year : year - 1, month)] : near
}

const weekdayOfWhich = (now: number, which: string, weekday: number): Meanings => {
  const [today, { from: monday, until: nextMonday }] = [dayOf(now).from, weekOf(now)]
  const inThis = monday + weekday * DAY
  const last = dayOf(inThis < today ? inThis : inThis - 7 * DAY)
  const coming = dayOf(inThis > today ? inThis : inThis + 7 * DAY)
  if (which === "last") return [last]
  if (which === "this") return [dayOf(inThis)]
  if (which === "on") return [last, coming]
  return coming.from >= nextMonday ? [coming] : [coming, dayOf(inThis + 7 * DAY)]
}

const STEPS: Readonly<Record<string, number>> = {
  "day before yesterday": -2,
  yesterday: -1,
  "last night": -1,
  tomorrow: 1,
  "day after tomorrow": 2
}

/** The rules, those of longer phrases first. They are made when they are used first. */
const makeRules = (): ReadonlyArray<Rule> => {
  const make =
    (isRelative: boolean) =>
    (pattern: string, read: Rule["read"]): Rule => ({
      pattern: new RegExp(pattern, "gi"),
      isRelative,
      read
    })
  const [absolute, relative] = [make(false), make(true)]
  const names = MONTHS.join("|")
  const month = `(?<month>(?:${names}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\b)\\.?`
  const day = "(?<day>[0-3]?\\d)"
  const suffix = "(?:st|nd|rd|th)"
  const year = "(?<year>(?:1[89]|20)\\d\\d)"
  const end = "(?![\\w-])(?!\\.\\d)"
  const on = "(?<on>\\b(?:on|since|until|before|after|from|between|in|during)(?: the)? )?"
  // An optional group does not capture the end of a text, because it is empty.
  const stop = "(?=(?<stop>\\s{0,3}(?:[.,;:?!)]|$))|)"
  const comma = "(?:, ?| )"
  const number = `(?<count>\\d{1,3}|an?|${NUMBERS.join("|")}|a couple of)`
  const unit = "(?<unit>day|week|month|year)"
  const counted =
    "(?! (?:\\w{1,20} )?(?:words?|char\\w{0,7}|tokens?|lines|steps|parts|pieces|people|items|pages|points|times|days|weeks|hours|minutes|seconds|k?m|miles|met(?:er|re)s|kg|euros?|dollars?|pounds|percent|calories)\\b)"
  return [
    absolute(`(?<![\\w-])(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)(?![\\d-])`, (_, { day, month, year }) => [
      dayIn(Number(year), Number(month) - 1, Number(day))
    ]),
    absolute(`${on}(?<![\\w.,-])${day}${suffix}? (?:of )?${month}(?:${comma}${year})?${end}${stop}`, (now, groups) =>
      isVerb(groups) ? [] : date(now, groups)
    ),
    absolute(`${on}\\b${month} (?:the )?${day}(?<th>${suffix})?(?:${comma}${year})?${end}${stop}`, (now, groups) => {
      const { month = "", on, stop, th, year } = groups
      // "In May 8 people came." names a month, and "May 8 people come?" nothing.
      const isCount = th === undefined && year === undefined && stop === undefined
      return isCount && (/^in|^during/i.test(on ?? "") || (on === undefined && /^(may|march)$/i.test(month)))
        ? []
        : date(now, groups)
    }),
    absolute(`${on}\\b${month}(?: of |${comma})${year}${end}${stop}`, (_, groups) =>
      isVerb({ ...groups, year: undefined })
        ? []
        : [monthOf(Number(groups["year"]), monthNumber(groups["month"] ?? ""))]
    ),
    absolute(`\\b(?:in|during|back in) (?:the year )?${year}${end}${counted}`, (_, { year }) => [yearOf(Number(year))]),
    absolute(
      `\\b(?<which>in|during|last|this|next) (?:early |mid[ -]|late |the (?:beginning|start|middle|end) of )?(?<month>${names})${end}`,
      (now, { month = "", which = "" }) =>
        /^(may|march)$/.test(month) && !/^(in|during)$/i.test(which)
          ? []
          : monthOfWhich(now, which.toLowerCase(), monthNumber(month))
    ),
    absolute(`\\b(?<which>last|this|next|on) (?<weekday>${WEEKDAYS.join("|")})${end}`, (now, groups) =>
      weekdayOfWhich(
        now,
        (groups["which"] ?? "").toLowerCase(),
        WEEKDAYS.indexOf((groups["weekday"] ?? "").toLowerCase())
      )
    ),
    relative(
      `\\b(?<name>day before yesterday|yesterday|last night|day after tomorrow|tomorrow)${end}`,
      (now, { name = "" }) => [dayOf(now + (STEPS[name.toLowerCase()] ?? 0) * DAY)]
    ),
    relative(`\\b(?:today|tonight|this (?:morning|afternoon|evening))${end}`, (now) => [dayOf(now)]),
    relative(`(?<![\\d.,])(?<!ty[ -]|half |and )\\b${number} ${unit}s? ago\\b`, (now, { count, unit = "" }) => [
      shifted(now, unit.toLowerCase(), -(count?.toLowerCase() === "a couple of" ? 2 : amount(count)))
    ]),
    relative(`\\b(?:the (?:last|past)|past)(?: ${number})? ${unit}s?${end}(?! of\\b)`, (now, { count, unit = "" }) => [
      { from: dayOf(now - amount(count) * (DAYS_OF[unit.toLowerCase()] ?? 1) * DAY).from, until: dayOf(now).until }
    ]),
    relative(
      `(?<!\\bthe )\\b(?<which>last|this|next) (?<unit>weekend|week|month|year)${end}(?! of\\b)`,
      (now, { unit = "", which = "" }) => {
        const steps = { last: -1, next: 1 }[which.toLowerCase()] ?? 0
        const period = shifted(now, unit.toLowerCase() === "weekend" ? "week" : unit.toLowerCase(), steps)
        return [unit.toLowerCase() === "weekend" ? { ...period, from: period.until - 2 * DAY } : period]
      }
    )
  ]
}

let rules: ReadonlyArray<Rule> | undefined

const WORDS = ["ago", "last", "next", "past", "this", "today", "tomorrow", "tonight", "yesterday"]

/** What every time contains: most texts have nothing of it, and to find that out takes less than to apply the rules. */
const sign = new RegExp(`\\d|${[...WORDS, ...WEEKDAYS, ...MONTHS].join("|")}`, "i")

/** The times of a text, and the text without the words that mean another time on another day. */
export interface Times {
  readonly times: ReadonlyArray<Meanings>
  readonly rest: string
}

/** The times that a text names, resolved against a moment. */
export const readTimes = (text: string, now: number): Times => {
  const times: Array<Meanings> = []
  let unread = text.slice(0, MAX_TEXT)
  let rest = unread
  if (!sign.test(unread)) return { times, rest }
  rules ??= makeRules()
  for (const { isRelative, pattern, read } of rules) {
    unread = unread.replace(pattern, (words: string, ...match) => {
      const meanings = times.length < MAX_TIMES ? read(now, match.at(-1)).filter(isDefined) : []
      if (meanings.length === 0) return words
      times.push(meanings)
      // The words of a longer phrase are not part of another one.
      const blank = "/".repeat(words.length)
      const at: unknown = match.at(-3)
      if (isRelative && typeof at === "number") rest = rest.slice(0, at) + blank + rest.slice(at + words.length)
      return blank
    })
  }
  return { times, rest }
}
