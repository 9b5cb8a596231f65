/** Messages of history as the API returns them. */
import * as Brand from "effect/Brand"
import type { ChatMLMessage, MessageId } from "../../../schema/Message.js"
import type { EntryRow } from "../../ports/Storage.js"

const messageId = Brand.nominal<MessageId>()

/** A row of history as a message: its content as it was sent, and `""` for no name, as in v0.3. */
export const toMessage = (row: EntryRow) =>
  ({
    id: messageId(row.id),
    role: row.role,
    content: row.content,
    name: row.name ?? "",
    ...(row.tool_call_id === null ? {} : { tool_call_id: row.tool_call_id }),
    aborted: row.aborted,
    refused: row.refused,
    ...(row.suspended ? { suspended: true } : {}),
    created_at: new Date(row.created_at)
  }) satisfies ChatMLMessage
