/** The calls of tools in replies; `schema/toolCalls.ts` puts the deltas of completions together. */
import * as Predicate from "effect/Predicate"
import { type Content, contentText } from "../../schema/Message.js"
import { parseJson } from "../../schema/parseJson.js"

/** A call of a tool: the id that the model gave it, the name of the tool, and its arguments as the model wrote them. */
export interface ToolCall {
  /** The id that the model gave the call. */
  readonly id: string
  /** The name of the tool. */
  readonly name: string
  /** The parsed JSON; the text itself if it is not JSON. */
  readonly arguments: unknown
}

/** A message that may be a call: of a reply, of an event of a stream, or of history. */
interface Message {
  readonly id?: string
  readonly role?: string | null | undefined
  readonly content?: Content | null | undefined
  readonly suspended?: boolean | null | undefined
}

/** A call and the message that it is. */
export interface FoundCall {
  readonly call: ToolCall
  /** Whether the id is the model's. Servers of v0.3 send none. */
  readonly hasId: boolean
  readonly message_id: string | undefined
  /** Whether a run was suspended for it, as history says. */
  readonly suspended: boolean
}

/** The value of a JSON text, or the text if it is not JSON. */
const parsed = (text: string): unknown => {
  const value = parseJson(text)
  return value === undefined ? text : value
}

/** The calls among messages, in their order. */
export const callsIn = (messages: ReadonlyArray<Message>): ReadonlyArray<FoundCall> =>
  messages
    .filter(({ role }) => role === "function_call")
    .flatMap(({ content, id: message_id, suspended }, index) => {
      const value = parsed(contentText(content ?? ""))
      if (!Predicate.isRecord(value) || typeof value["name"] !== "string") return []
      const { arguments: args = {}, id, name } = value
      const hasId = typeof id === "string" && id !== ""
      const call = {
        id: hasId ? id : `call_${index}`,
        name,
        arguments: typeof args !== "string" ? args : args.trim() === "" ? {} : parsed(args)
      }
      return [{ call, hasId, message_id, suspended: suspended === true }]
    })

/**
 * The calls of tools in a reply or in an event of a stream, in their order. A reply with text alone has none.
 *
 * @example
 * ```ts
 * import { type SessionId, Sessions, toolCalls } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const namesOfCalls = (session: SessionId, question: string) =>
 *   Effect.gen(function* () {
 *     const sessions = yield* Sessions
 *     const reply = yield* sessions.chat(session, question)
 *     return toolCalls(reply).map(({ name }) => name)
 *   })
 * ```
 */
export const toolCalls = (value: {
  readonly response: ReadonlyArray<ReadonlyArray<Message>>
}): ReadonlyArray<ToolCall> => callsIn(value.response[0] ?? []).map(({ call }) => call)
