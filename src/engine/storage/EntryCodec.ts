import * as Schema from "effect/Schema"
import { Content } from "../../schema/Message.js"
import type { EntryRow, Turn } from "../ports/Storage.js"
import { jsonOf, number, type Raw, text, textOrNull } from "./Columns.js"

const isContent = Schema.is(Content)
const content = jsonOf(
  (value): value is Content => typeof value === "string" || isContent(value),
  "a message's content"
)

/** How the rows of messages are read. */
export const codec = {
  table: "entries",
  key: "entry_id",
  decode: (raw: Raw): EntryRow => ({
    id: text(raw, "entry_id"),
    role: text(raw, "role"),
    name: textOrNull(raw, "name"),
    content: content(raw, "content"),
    tool_call_id: textOrNull(raw, "tool_call_id"),
    aborted: number(raw, "aborted") === 1,
    created_at: number(raw, "created_at")
  })
}

/** How the rows of turns are read. */
export const turnCodec = {
  ...codec,
  decode: (raw: Raw): Turn => ({
    rowId: number(raw, "turn"),
    session_id: text(raw, "session_id"),
    entry: codec.decode(raw)
  })
}
