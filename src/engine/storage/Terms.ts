/** The terms that rows are indexed by. */
import { indexTerms, type Period } from "../text/Periods.js"
import { termsOf } from "../text/Words.js"

/** The terms of a text, and of its time. */
export const textTerms = (text: string, time?: Period): ReadonlyArray<string> =>
  time === undefined ? termsOf(text) : [...termsOf(text), ...indexTerms(time)]
