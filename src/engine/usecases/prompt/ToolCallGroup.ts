/** The calls of one reply in history, with their results: which of them are open. */
import * as Arr from "effect/Array"
import type { EntryRow } from "../../ports/Storage.js"
import { callOf, matchResults, type StoredCall } from "./Calls.js"
import { withToolResults } from "./ToolResults.js"

/** The calls of one reply, and their results, as messages of history. */
export interface ToolCallGroup {
  readonly calls: ReadonlyMap<string, StoredCall>
  readonly results: ReadonlyArray<EntryRow>
  readonly answers: ReadonlyMap<StoredCall, EntryRow>
  /** Whether a later reply has read the results: the calls wait for none any more. */
  readonly replied: boolean
}

/** The calls at the beginning of some entries, and their results among the others. */
export const toolCallGroupOf = (entries: ReadonlyArray<EntryRow>): ToolCallGroup => {
  const own = Arr.takeWhile(entries, ({ role }) => role === "function_call")
  const calls = new Map(
    own.flatMap((entry) => {
      const call = callOf(entry, "")
      return call === undefined ? [] : [[entry.id, call] as const]
    })
  )
  const after = withToolResults(entries).slice(own.length)
  const results = after.filter(({ role }) => role === "function")
  const { answers } = matchResults([...calls.values()], results)
  return { calls, results, answers, replied: after.some(({ from_model }) => from_model) }
}

/** The result of a call of a group. */
export const resultOf = ({ answers, calls }: ToolCallGroup, id: string): EntryRow | undefined => {
  const call = calls.get(id)
  return call && answers.get(call)
}

/** Whether a call waits for its result. */
export const isOpen = (group: ToolCallGroup) => (id: string) =>
  !group.replied && group.calls.has(id) && resultOf(group, id) === undefined
