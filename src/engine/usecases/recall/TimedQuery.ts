/**
 * Queries that name a time. "What did I do last week?" finds what was said then, and the memories about then: turns and
 * memories have the days, months and years of their time as terms. All terms of the times of a query count as one term,
 * which each of those days has, so that a week weighs no more than a day. Words such as "yesterday" are left out then: in another
 * turn, they mean another day. A query without a time has none of this.
 */
import type { Postings } from "../../ports/Storage.js"
import { readTimes } from "../../text/Dates.js"
import { searchTerms } from "../../text/Periods.js"
import { parseQuery, type QueryTerm } from "../../text/Words.js"

/** The most terms of times; more than the days of two months are rarely those of a question. */
const MAX_TIME_TERMS = 62

/** A query. */
export interface TimedQuery {
  /** The terms of its words, and behind them those of its times. */
  readonly terms: ReadonlyArray<QueryTerm>
  /** How many of the terms are those of times. */
  readonly times: number
  /** The stems of the words that do not depend on the day of the query. */
  readonly timeIndependent: ReadonlySet<string>
}

/** Parses a query; what it calls "yesterday" is the day before `now` in UTC. */
export const parse = (text: string, now: number): TimedQuery => {
  const words = parseQuery(text)
  const { rest, times } = readTimes(text, now)
  const found = new Set(times.flatMap((meanings) => meanings.flatMap(searchTerms)))
  const terms = [...found].slice(0, MAX_TIME_TERMS).map((term) => ({ word: term, stem: term, prefix: false, count: 1 }))
  const stems = terms.length === 0 ? [] : parseQuery(rest).map(({ stem }) => stem)
  return { terms: [...words, ...terms], times: terms.length, timeIndependent: new Set(stems) }
}

/** The postings of a query with those of its times joined; those of its words alone if no row is of these times. */
export const orTimeTerms = ({ timeIndependent, terms, times }: TimedQuery, found: Postings): Postings => {
  // A search among no rows returns no postings.
  if (times === 0 || found.postings.length < terms.length) return found
  const words = terms.length - times
  const postings = found.postings.slice(0, words)
  const rowIds = new Set(found.postings.slice(words).flat())
  if (rowIds.size === 0) return { ...found, postings }
  return {
    ...found,
    postings: [...postings.filter((_, term) => timeIndependent.has(terms[term]?.stem ?? "")), [...rowIds]]
  }
}
