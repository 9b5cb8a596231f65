/** Periods of days, months and years in UTC: how they are read, written, and made terms of an index. */

/** A period in epoch milliseconds: from its beginning to just before its end. */
export interface Period {
  readonly from: number
  readonly until: number
}

/** A day in milliseconds. */
export const DAY = 86_400_000

/** The last moment that a date can be. */
export const LAST_DATE = 8.64e15

/** The times that terms are made of: years of four digits. */
const FIRST = Date.UTC(1000, 0)
const LAST = Date.UTC(9999, 0)

/** More days or months are the next larger unit in an index. */
const MAX_DAYS = 31
const MAX_MONTHS = 24
const MAX_YEARS = 50

/** The names of months, from January. */
export const MONTHS: ReadonlyArray<string> =
  "January February March April May June July August September October November December".split(" ")

/** The number of a month, from 0, by its name or the first three letters of it; -1 of another word. */
export const monthNumber = (name: string): number =>
  name.length < 3 ? -1 : MONTHS.findIndex((month) => month.toLowerCase().startsWith(name.slice(0, 3).toLowerCase()))

/** Year and month (from 0) of a moment. */
export const yearMonth = (at: number): { readonly year: number; readonly month: number } => {
  const date = new Date(at)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() }
}

/** The day of a moment. */
export const dayOf = (at: number): Period => {
  const from = Math.floor(at / DAY) * DAY
  return { from, until: from + DAY }
}

/** The week of a moment, from Monday. */
export const weekOf = (at: number): Period => {
  const { from } = dayOf(at)
  const monday = from - ((new Date(from).getUTCDay() + 6) % 7) * DAY
  return { from: monday, until: monday + 7 * DAY }
}

/** A month, from 0; months beyond 11 are those of later years. */
export const monthOf = (year: number, month: number): Period => ({
  from: Date.UTC(year, month),
  until: Date.UTC(year, month + 1)
})

/** A year. */
export const yearOf = (year: number): Period => ({ from: Date.UTC(year, 0), until: Date.UTC(year + 1, 0) })

/** A day by its date; none if the month has no such day, or the year is below 100, which is one of the 20th century to `Date`. */
export const dayIn = (year: number, month: number, day: number): Period | undefined => {
  const from = Date.UTC(year, month, day)
  return year >= 100 && month >= 0 && day > 0 && yearMonth(from).month === month ? dayOf(from) : undefined
}

const isSame = (one: Period, other: Period): boolean => one.from === other.from && one.until === other.until

const isYear = (period: Period): boolean => isSame(period, yearOf(yearMonth(period.from).year))

const isMonth = (period: Period): boolean => {
  const { month, year } = yearMonth(period.from)
  return isSame(period, monthOf(year, month))
}

const dayText = (at: number): string => {
  const { month, year } = yearMonth(at)
  return `${new Date(at).getUTCDate()} ${MONTHS[month]} ${year}`
}

/** A period in words: "7 May 2023", "May 2023", "2023" or "1 May 2023 to 7 May 2023". */
export const periodText = (period: Period): string => {
  const { month, year } = yearMonth(period.from)
  if (isYear(period)) return `${year}`
  if (isMonth(period)) return `${MONTHS[month]} ${year}`
  const [first, last] = [dayText(period.from), dayText(period.until - 1)]
  return first === last ? first : `${first} to ${last}`
}

const two = (number: number): string => `${number}`.padStart(2, "0")

/** The terms of a period in days, in months and in years; none that would be too many. */
const termsBy = ({ from, until }: Period) => {
  const [first, last] = [yearMonth(from), yearMonth(until - 1)]
  const isWritable = from >= FIRST && until <= LAST
  const list = (count: number, most: number, term: (index: number) => string) =>
    !isWritable || count > most ? [] : Array.from({ length: count }, (_, index) => term(index))
  const startOf = dayOf(from).from
  return {
    days: list(Math.ceil((until - startOf) / DAY), MAX_DAYS, (index) => {
      const at = startOf + index * DAY
      const { month, year } = yearMonth(at)
      return `d${year}${two(month + 1)}${two(new Date(at).getUTCDate())}`
    }),
    months: list(12 * (last.year - first.year) + last.month - first.month + 1, MAX_MONTHS, (index) => {
      const { month, year } = yearMonth(Date.UTC(first.year, first.month + index))
      return `m${year}${two(month + 1)}`
    }),
    years: list(last.year - first.year + 1, MAX_YEARS, (index) => `y${first.year + index}`)
  }
}

/** The terms that a row about a period is indexed by: its units, and the larger ones that they are part of. */
export const indexTerms = (period: Period): ReadonlyArray<string> => {
  const { from, until } = period
  if (until <= dayOf(from).until && from >= FIRST && until <= LAST) {
    // Every message has the terms of its day, so they take no detour.
    const day = new Date(from).toISOString().slice(0, 10).replaceAll("-", "")
    return [`d${day}`, `m${day.slice(0, 6)}`, `y${day.slice(0, 4)}`]
  }
  const { days, months, years } = termsBy(period)
  return [...(isMonth(period) || isYear(period) ? [] : days), ...(isYear(period) ? [] : months), ...years]
}

/** The terms that find the rows about a period, or a part of it: its own units. */
export const searchTerms = (period: Period): ReadonlyArray<string> => {
  const { days, months, years } = termsBy(period)
  if (isYear(period)) return years
  if (!isMonth(period) && days.length > 0) return days
  return months.length > 0 ? months : years
}

/** The longest period, in characters. A model writes anything, and to split a long text takes time that grows with its square. */
const MAX_PERIOD = 100

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?$/
const DAY_FIRST = /^(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]{3,9})\.?,? (\d{4})$/i
const MONTH_FIRST = /^([a-z]{3,9})\.?(?: (\d{1,2})(?:st|nd|rd|th)?)?,? (\d{4})$/i

const parseOne = (text: string): Period | undefined => {
  const parts = (year: string, month: number | undefined, day: string | undefined): Period | undefined => {
    const number = Number(year)
    if (number < 1000) return undefined
    if (month === undefined) return yearOf(number)
    if (month < 0 || month > 11) return undefined
    return day === undefined ? monthOf(number, month) : dayIn(number, month, Number(day))
  }
  const [, year, month, day] = DATE.exec(text) ?? []
  if (year !== undefined) return parts(year, month === undefined ? undefined : Number(month) - 1, day)
  const [, day1, name1 = "", year1] = DAY_FIRST.exec(text) ?? []
  if (year1 !== undefined) return parts(year1, monthNumber(name1), day1)
  const [, name2 = "", day2, year2] = MONTH_FIRST.exec(text) ?? []
  return year2 === undefined ? undefined : parts(year2, monthNumber(name2), day2)
}

/**
 * Reads a day, a month, a year or an interval of them in the notation of ISO 8601, and dates such as "7 May 2023".
 * Returns `undefined` for anything else.
 */
export const parsePeriod = (text: string): Period | undefined => {
  if (text.length > MAX_PERIOD) return undefined
  const [first = "", last, ...more] = text.trim().split(/\s*\/\s*|\s+to\s+/)
  const from = parseOne(first)
  if (from === undefined || last === undefined || last === "") return from
  const until = more.length > 0 ? undefined : parseOne(last)
  return until === undefined || until.until <= from.from ? undefined : { from: from.from, until: until.until }
}
