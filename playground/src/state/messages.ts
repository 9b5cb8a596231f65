/** Messages of turns: what they carry, and how they are sent. */
import * as Schema from "effect/Schema"
import { contentText, FunctionCall, type InputChatMLMessage } from "effect-julep"
import type { Turn, TurnMessage } from "./Turn.js"

const ROLES = ["user", "assistant", "system", "function_call", "function"] as const

/** A message to be sent again. */
export const inputOf = ({ content, name, role, tool_call_id }: TurnMessage): InputChatMLMessage => ({
  // Servers may have more roles than requests.
  role: ROLES.find((known) => known === role) ?? "user",
  content,
  ...(typeof name === "string" && name !== "" ? { name } : {}),
  ...(typeof tool_call_id === "string" ? { tool_call_id } : {})
})

const decodeCall = Schema.decodeUnknownOption(Schema.parseJson(FunctionCall))

/** The call that a message of the role `function_call` carries. */
export const callOf = ({ content }: TurnMessage) => decodeCall(contentText(content))

const asJson = (text: string, indent: number): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, indent)
  } catch {
    return text
  }
}

/** JSON on lines of its own; another text as it is. */
export const prettyJson = (text: string): string => asJson(text, 2)

/** JSON in one line; another text as it is. */
export const compactJson = (text: string): string => asJson(text, 0)

/** Whether the turn ends with calls, which wait for their results. */
export const waitsForResults = ({ reply }: Turn): boolean => reply.at(-1)?.role === "function_call"

/** Whether the turn can be asked again: results of tools are taken once. */
export const canAskAgain = ({ reply, sent }: Turn): boolean =>
  reply.length > 0 && sent.length > 0 && sent.every(({ role }) => role === "user" || role === "system")
