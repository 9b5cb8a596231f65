/** Results of tools that are longer than a prompt has room for: they are cut, and say so. History has them whole. */
import { contentText } from "../../../schema/Message.js"
import type { EntryRow } from "../../ports/Storage.js"

/** The tokens of a message. */
export type Cost = (entry: EntryRow) => number

/** Whether a message is the result of a call. */
export const isResult = (entry: EntryRow): boolean => entry.role === "function"

const truncated = (text: string, length: number): string => {
  const start = text.slice(0, length).toWellFormed()
  return `${start}\n[The result is cut: it has ${text.length} characters, and these are the first ${length}.]`
}

/** The tokens of a result that has been cut, at least. */
const SHORTEST = 100

/** A result that has at most so many tokens, or 100. */
const truncatedTo = (limit: number, entry: EntryRow, costOf: Cost): EntryRow => {
  const text = contentText(entry.content)
  const most = Math.max(SHORTEST, limit)
  let length = text.length
  let cut = entry
  for (let cost = costOf(entry); cost > most && length > 0; cost = costOf(cut)) {
    length = Math.floor(Math.min((length * most) / cost, length * 0.95))
    cut = { ...entry, content: truncated(text, length) }
  }
  return cut
}

/** The share of a history that an old result keeps if the history is too long: runs have 8 rounds by default. */
const OLD_SHARE = 1 / 8

/** A history whose results are cut: the question before them is worth more than their ends. */
export const withTruncatedOldResults = (
  history: ReadonlyArray<EntryRow>,
  most: number,
  costOf: Cost
): ReadonlyArray<EntryRow> =>
  history.map((entry) => (isResult(entry) ? truncatedTo(most * OLD_SHARE, entry, costOf) : entry))

/** The tokens of a message that count for how far back a history of so many tokens goes: old results can be cut. */
export const costWithin =
  (most: number, costOf: Cost): Cost =>
  (entry) =>
    isResult(entry) ? Math.min(costOf(entry), Math.max(SHORTEST, most * OLD_SHARE)) : costOf(entry)

/**
 * Messages whose longest results of tools are cut to one length, so that all results together have `most` tokens. As they are
 * if there are too many results for that.
 */
export const withTruncatedResults = (
  messages: ReadonlyArray<EntryRow>,
  most: number,
  costOf: Cost
): ReadonlyArray<EntryRow> => {
  const costs = messages.map((entry) => (isResult(entry) ? costOf(entry) : 0))
  // The shortest results leave their part to the others.
  let [room, others] = [most, costs.filter((cost) => cost > 0).length]
  for (const cost of costs.toSorted((one, other) => one - other)) {
    if (cost === 0 || cost > room / others) continue
    room -= cost
    others--
  }
  const share = Math.floor(room / others)
  if (share < SHORTEST) return messages
  return messages.map((entry) => (isResult(entry) ? truncatedTo(share, entry, costOf) : entry))
}
