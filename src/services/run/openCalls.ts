/** The calls of a history that have no result yet. */
import * as Arr from "effect/Array"
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

/** The calls of the newest reply that has any; of the newest that `fits`, if it is given. The oldest message is first. */
export const newestBatch = (
  history: History,
  fits: (calls: ReadonlyArray<FoundCall>) => boolean = () => true
): Batch | undefined => {
  const end = history.findLastIndex(isCall) + 1
  if (end === 0) return undefined
  const begin = history.slice(0, end).findLastIndex((message) => !isCall(message)) + 1
  const calls = callsIn(history.slice(begin, end))
  if (!fits(calls)) return newestBatch(history.slice(0, begin), fits)
  const after = Arr.takeWhile(history.slice(end), ({ role }) => role !== "assistant" && role !== "function_call")
  return { calls, results: resultsOf(calls, after), replied: end + after.length < history.length }
}

/** Whether calls of a history are those of a reply: by the ids of their messages, or as they are if a reply has no ids. */
export const sameCalls =
  (reply: ReadonlyArray<FoundCall>) =>
  (calls: ReadonlyArray<FoundCall>): boolean =>
    calls.length === reply.length &&
    calls.every(({ call, message_id }, index) => {
      const other = reply[index]
      return other?.message_id === undefined
        ? JSON.stringify(call) === JSON.stringify(other?.call)
        : message_id === other.message_id
    })
