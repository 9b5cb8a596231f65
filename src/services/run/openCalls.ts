/** The calls of a history that have no result yet. */
import * as Arr from "effect/Array"
import * as Predicate from "effect/Predicate"
import type { ChatMLMessage } from "../../schema/Message.js"
import { contentText } from "../../schema/Message.js"
import type { ToolResult } from "./Run.js"
import { callsIn, type FoundCall } from "./toolCalls.js"

type History = ReadonlyArray<ChatMLMessage>

/** Calls of one reply, the results that they have, and whether a later reply has read these. */
export interface Batch {
  readonly calls: ReadonlyArray<FoundCall>
  readonly results: ReadonlyMap<FoundCall, ToolResult>
  readonly replied: boolean
  /** Whether all calls of the reply are known: another message is before them. */
  readonly whole: boolean
}

const isCall = ({ role }: ChatMLMessage): boolean => role === "function_call"

/** Results by `tool_call_id`; those without one are in the order of the calls. */
const resultsOf = (calls: ReadonlyArray<FoundCall>, messages: History): Batch["results"] => {
  const left = messages.filter(({ role }) => role === "function")
  const take = (fits: (message: ChatMLMessage) => boolean) => {
    const index = left.findIndex(fits)
    return index < 0 ? undefined : left.splice(index, 1)[0]
  }
  return new Map(
    calls.flatMap((found) => {
      const { id, name } = found.call
      const result = take(({ tool_call_id }) => tool_call_id === id) ?? take(({ tool_call_id }) => !tool_call_id)
      return result === undefined
        ? []
        : [[found, { id, name, content: contentText(result.content), failed: false }] as const]
    })
  )
}

/** The calls of each reply that has any, those of the newest reply last. The oldest message is first. */
export const batchesOf = (history: History): ReadonlyArray<Batch> => {
  const end = history.findLastIndex(isCall) + 1
  if (end === 0) return []
  const begin = history.slice(0, end).findLastIndex((message) => !isCall(message)) + 1
  const calls = callsIn(history.slice(begin, end))
  const after = Arr.takeWhile(history.slice(end), ({ role }) => role !== "assistant" && role !== "function_call")
  const results = resultsOf(calls, after)
  const batch = { calls, results, replied: end + after.length < history.length, whole: begin > 0 }
  return [...batchesOf(history.slice(0, begin)), batch]
}

/** Whether some of the newest messages say all about open calls: they have the calls, or a reply after which none are open. */
export const saysWhatIsOpen = (history: History): boolean => {
  const last = history.findLastIndex(({ role }) => role === "assistant" || role === "function_call")
  return history[last]?.role === "assistant" || batchesOf(history).at(-1)?.whole === true
}

/** JSON whose objects have their members in order: a server may store arguments in another one. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    Predicate.isReadonlyRecord(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member
  )

/** Whether calls are the same: by the ids of their messages, or by what they say if a reply has no ids. */
const isSame = (one: FoundCall, other: FoundCall): boolean =>
  one.message_id === undefined || other.message_id === undefined
    ? canonical(one.call) === canonical(other.call)
    : one.message_id === other.message_id

/** Whether calls are those of a reply. */
export const sameCalls =
  (reply: ReadonlyArray<FoundCall>) =>
  (calls: ReadonlyArray<FoundCall>): boolean =>
    calls.length === reply.length && Arr.zip(calls, reply).every(([one, other]) => isSame(one, other))
