/** Messages whose turn got no reply, and how a request that is made again finds its own among them. */
import * as Arr from "effect/Array"
import { contentText } from "../../../schema/Message.js"
import type { EntryRow } from "../../ports/Storage.js"

/** The messages after the last reply. What the endpoint refused is not among them: it is never sent again. */
export const unansweredOf = (history: ReadonlyArray<EntryRow>): ReadonlyArray<EntryRow> =>
  history.slice(history.findLastIndex(({ from_model }) => from_model) + 1).filter(({ refused }) => !refused)

/**
 * The unanswered messages before one that the endpoint refused: its prompt held them, too. If another prompt with them is
 * refused, they may be the reason.
 */
export const suspectsOf = (history: ReadonlyArray<EntryRow>): ReadonlyArray<EntryRow> => {
  const open = history.slice(history.findLastIndex(({ from_model }) => from_model) + 1)
  const refused = open.findLastIndex(({ refused }) => refused)
  return open.slice(0, Math.max(0, refused)).filter(({ refused }) => !refused)
}

const isSame = (one: EntryRow, other: EntryRow): boolean =>
  one.role === other.role &&
  one.name === other.name &&
  one.tool_call_id === other.tool_call_id &&
  JSON.stringify(one.content) === JSON.stringify(other.content)

/** The messages of a turn, some of which may be stored already. */
export interface Repeated {
  /** In the order of history: from the first that an earlier attempt has stored, then the new ones. */
  readonly messages: Arr.NonEmptyReadonlyArray<EntryRow>
  /** Those that are not stored yet. */
  readonly fresh: ReadonlyArray<EntryRow>
}

/** Whether a message is tied to a call, so that its place among the results means nothing. */
const isResult = ({ role, tool_call_id }: EntryRow): boolean => role === "function" && tool_call_id !== null

/**
 * Replaces the messages of a request by the unanswered ones that say the same: results of calls anywhere, others from the
 * first on and in their order.
 */
export const reuse = (unanswered: ReadonlyArray<EntryRow>, messages: Arr.NonEmptyReadonlyArray<EntryRow>): Repeated => {
  const stored = unanswered.map((entry) =>
    isResult(entry) ? messages.find((message) => isSame(entry, message)) : undefined
  )
  const rest = messages.filter((message) => !stored.includes(message))
  const firstResult = stored.findIndex((message) => message !== undefined)
  let reused = 0
  let first = firstResult < 0 ? unanswered.length : firstResult
  for (const [index, entry] of unanswered.entries()) {
    const message = rest[reused]
    if (message === undefined) break
    if (!isSame(entry, message)) continue
    if (reused === 0) first = Math.min(first, index)
    reused++
  }
  const fresh = rest.slice(reused)
  const all = [...unanswered.slice(first), ...fresh]
  return Arr.isNonEmptyArray(all) ? { messages: all, fresh } : { messages, fresh: messages }
}

/** The words of the user that the newest turn began with. */
export const questionOf = (history: ReadonlyArray<EntryRow>): string => {
  const isUsers = ({ role }: EntryRow) => role === "user"
  const until = history.findLastIndex(isUsers) + 1
  const from = history.slice(0, until).findLastIndex((entry) => !isUsers(entry)) + 1
  return history
    .slice(from, until)
    .map(({ content }) => contentText(content))
    .join("\n")
}
