/** A model's reply as messages of history, and messages of history as the API returns them. */
import * as Arr from "effect/Array"
import * as Brand from "effect/Brand"
import type { ChatMLMessage, MessageId } from "../../../schema/Message.js"
import type { ModelReply, ModelToolCall } from "../../ports/Model.js"
import type { AgentRow, EntryRow, ProviderExtra } from "../../ports/Storage.js"

const messageId = Brand.nominal<MessageId>()

/** The part of a reply that becomes history. */
export type ReplyContent = Pick<ModelReply, "content" | "tool_calls" | "extra">

/** A call as the content of a `function_call` message. */
export const callText = ({ arguments: args, id, name }: ModelToolCall): string =>
  JSON.stringify({ id, name, arguments: args })

/**
 * The messages of a reply, without ids: its text, if any, then one `function_call` message for each call. `source` is the
 * endpoint and the model that replied.
 */
export const replyEntries = (reply: ReplyContent, agent: AgentRow, source: string, at: number, aborted = false) => {
  const message = reply.extra === undefined ? {} : { message: reply.extra }
  const content = reply.content ?? ""
  const hasText = content !== "" || reply.tool_calls.length === 0
  const entry = (role: string, content: string, added: Omit<ProviderExtra, "source">): Omit<EntryRow, "id"> => ({
    role,
    content,
    name: agent.name,
    tool_call_id: null,
    aborted,
    extra: Object.keys(added).length === 0 ? null : { source, ...added },
    created_at: at
  })
  const calls = reply.tool_calls.map((call, index) =>
    entry("function_call", callText(call), {
      ...(hasText || index > 0 ? {} : message),
      ...(call.extra === undefined ? {} : { call: call.extra })
    })
  )
  return !hasText && Arr.isNonEmptyArray(calls) ? calls : Arr.prepend(calls, entry("assistant", content, message))
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
