/** Tool calls of history and their results, as endpoints insist on them: every call has one result, in the order of calls. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { decoder } from "../../../schema/Compiled.js"
import { contentText, FunctionCall } from "../../../schema/Message.js"
import type { ModelMessage, ModelToolCall } from "../../ports/Model.js"
import type { EntryRow } from "../../ports/Storage.js"
import { shortHash } from "../../text/ShortHash.js"

/** A call of history. */
export interface StoredCall {
  /** The id that the model or the caller gave it. Other calls may have the same one. */
  readonly storedId: string | undefined
  /** The call as it is sent. Its id is made of the message's id: endpoints differ in what ids they take. */
  readonly call: ModelToolCall
}

/** The content of the result that a call without one gets. */
const UNANSWERED = "No result: this call was never answered."
/** The content of a result without text: endpoints reject an empty one. */
const EMPTY = "The tool returned nothing."

const decodeCall = decoder(Schema.parseJson(FunctionCall))
const parseJson = decoder(Schema.parseJson())

/** The arguments of a call as the JSON object that endpoints parse. */
const argumentsOf = (text: string): string => {
  if (text.trim() === "") return "{}"
  return Option.exists(Either.getRight(parseJson(text)), Predicate.isRecord)
    ? text
    : JSON.stringify({ arguments: text.toWellFormed() })
}

/** Reads a call of history, if the message is one. What a provider added to it goes back to the same source only. */
export const callOf = (entry: EntryRow, source: string): StoredCall | undefined => {
  if (entry.role !== "function_call") return undefined
  const decoded = Option.getOrUndefined(Either.getRight(decodeCall(contentText(entry.content))))
  if (decoded === undefined) return undefined
  const { arguments: args, id, name } = decoded
  const extra = entry.extra?.source === source ? entry.extra.call : undefined
  return {
    storedId: id,
    call: { id: shortHash(entry.id), name, arguments: argumentsOf(args), ...(extra === undefined ? {} : { extra }) }
  }
}

/** The content of a result. */
const resultText = ({ content }: EntryRow): string => {
  const text = contentText(content)
  return text.trim() === "" ? EMPTY : text
}

/** The text of a result that no call waits for. */
export const unmatchedResult = (entry: EntryRow): string => `Result of ${entry.name || "a tool"}: ${resultText(entry)}`

const isCallOf = (id: string) => (entry: EntryRow) => {
  const found = callOf(entry, "")
  return found !== undefined && (found.storedId === id || found.call.id === id)
}

/** A message that is one more result of a call, and whether a later reply has read the first one. */
export interface DuplicateResult {
  readonly message: EntryRow
  readonly isRead: boolean
}

/**
 * The first of the messages that is one more result of a call whose result a later reply has read, or is another one than
 * the result that waits for a reply. A call among the messages themselves is newer than those of history, whose ids models
 * use again.
 */
export const duplicateResult = (
  history: ReadonlyArray<EntryRow>,
  messages: ReadonlyArray<EntryRow>
): DuplicateResult | undefined => {
  for (const [index, message] of messages.entries()) {
    const { role, tool_call_id } = message
    if (role !== "function" || tool_call_id === null) continue
    const isCalled = isCallOf(tool_call_id)
    if (messages.slice(0, index).some(isCalled)) continue
    // Of several calls with one id, the last one waits.
    const at = history.findLastIndex(isCalled)
    const after = at < 0 ? [] : history.slice(at + 1)
    const first = after.findIndex((entry) => entry.role === "function" && entry.tool_call_id === tool_call_id)
    const result = after[first]
    if (result === undefined) continue
    const isRead = after.slice(first).some(({ from_model }) => from_model)
    const isOther = !result.refused && contentText(result.content) !== contentText(message.content)
    if (isRead || isOther) return { message, isRead }
  }
  return undefined
}

/**
 * The results of calls, by `tool_call_id`, else by the tool's name, else in order. `taken` are the messages that became
 * one.
 */
export const matchResults = (
  calls: ReadonlyArray<StoredCall>,
  results: ReadonlyArray<EntryRow>
): {
  readonly messages: ReadonlyArray<ModelMessage>
  readonly taken: ReadonlyArray<EntryRow>
  readonly answers: ReadonlyMap<StoredCall, EntryRow>
} => {
  const left = [...results]
  const answers = new Map<StoredCall, EntryRow>()
  const pass = (fits: (entry: EntryRow, call: StoredCall) => boolean) => {
    for (const call of calls) {
      const index = answers.has(call) ? -1 : left.findIndex((entry) => fits(entry, call))
      const [result] = index < 0 ? [] : left.splice(index, 1)
      if (result !== undefined) answers.set(call, result)
    }
  }
  pass(
    ({ tool_call_id }, { call, storedId }) =>
      tool_call_id !== null && (tool_call_id === storedId || tool_call_id === call.id)
  )
  pass((entry, { call }) => entry.tool_call_id === null && entry.name === call.name)
  pass((entry) => entry.tool_call_id === null)
  const messages = calls.map((each): ModelMessage => {
    const result = answers.get(each)
    const { id, name } = each.call
    return { role: "tool", tool_call_id: id, name, content: result === undefined ? UNANSWERED : resultText(result) }
  })
  return { messages, taken: [...answers.values()], answers }
}
