/** What of a model's reply becomes history, and what of history is answered. */
import * as Brand from "effect/Brand"
import type { ChatMLMessage, MessageId } from "../../../schema/Message.js"
import type { ModelReply, ModelToolCall } from "../../ports/Model.js"
import type { AgentRow, EntryRow } from "../../ports/Storage.js"

const messageId = Brand.nominal<MessageId>()

/** What a reply is made of. */
export type Said = Pick<ModelReply, "content" | "tool_calls">

/** A call as the content of a `function_call` message. */
export const callText = ({ arguments: args, id, name }: ModelToolCall): string =>
  JSON.stringify({ id, name, arguments: args })

/** The messages of a reply: its text, if any, then one `function_call` a call. */
export const replyEntries = (
  said: Said,
  agent: AgentRow,
  newIds: ReadonlyArray<string>,
  at: number,
  aborted = false
) => {
  const calls = said.tool_calls.map((call) => ({ role: "function_call", content: callText(call) }))
  const content = said.content ?? ""
  const text = content === "" && calls.length > 0 ? [] : [content]
  return [...text.map((content) => ({ role: "assistant", content })), ...calls].map(
    (message, index): EntryRow => ({
      ...message,
      id: newIds[index] ?? "",
      name: agent.name,
      tool_call_id: null,
      aborted,
      created_at: at
    })
  )
}

/** A row of history as a message of the API. */
export const toMessage = (entry: EntryRow): ChatMLMessage => ({
  id: messageId(entry.id),
  role: entry.role,
  content: entry.content,
  name: entry.name,
  tool_call_id: entry.tool_call_id,
  aborted: entry.aborted,
  created_at: new Date(entry.created_at)
})
