/** A model's reply as messages of history, and messages of history as the API returns them. */
import * as Arr from "effect/Array"
import * as Brand from "effect/Brand"
import type { ChatMLMessage, MessageId } from "../../../schema/Message.js"
import type { ModelReply, ModelToolCall } from "../../ports/Model.js"
import type { AgentRow, EntryRow } from "../../ports/Storage.js"

const messageId = Brand.nominal<MessageId>()

/** The part of a reply that becomes history. */
export type ReplyContent = Pick<ModelReply, "content" | "tool_calls">

/** A call as the content of a `function_call` message. */
export const callText = ({ arguments: args, id, name }: ModelToolCall): string =>
  JSON.stringify({ id, name, arguments: args })

/** The messages of a reply, without ids: its text, if any, then one `function_call` message for each call. */
export const replyEntries = (reply: ReplyContent, agent: AgentRow, at: number, aborted = false) => {
  const entry = (role: string, content: string): Omit<EntryRow, "id"> => ({
    role,
    content,
    name: agent.name,
    tool_call_id: null,
    aborted,
    created_at: at
  })
  const calls = reply.tool_calls.map((call) => entry("function_call", callText(call)))
  const content = reply.content ?? ""
  return content === "" && Arr.isNonEmptyArray(calls) ? calls : Arr.prepend(calls, entry("assistant", content))
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
