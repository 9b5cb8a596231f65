/** The messages of a request to a model: one system message, the history, the new messages. Pure functions over rows. */
import type { InputChatMLMessage } from "../../../schema/Message.js"
import { contentText } from "../../../schema/Message.js"
import type { ModelMessage } from "../../ports/Model.js"
import type { AgentRow, EntryRow, SessionRow, UserRow } from "../../ports/Storage.js"
import * as SystemMessage from "../../text/SystemMessage.js"
import type { Recalled } from "../recall/Recall.js"
import { conversation } from "./Conversation.js"

/** The parts of a context. */
export interface ContextParts {
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  /** The endpoint and the model that the context is for. */
  readonly source: string
  readonly recalled: Recalled
  /** Oldest first. */
  readonly history: ReadonlyArray<EntryRow>
  readonly messages: ReadonlyArray<EntryRow>
}

/** The sender of a message, by name if there is one. */
const senderOf = (entry: EntryRow, { agent, user }: ContextParts): string =>
  entry.name || (entry.role === "assistant" ? agent.name : user?.name) || entry.role

/** The system message. The conversation's own system messages join it, each text once. */
const systemMessage = (parts: ContextParts, additions: ReadonlyArray<string>): string => {
  const { agent, session, user, recalled } = parts
  return SystemMessage.write({
    situation: session.situation,
    agent,
    user,
    instructions: agent.instructions,
    passages: recalled.passages,
    memories: recalled.memories
      .toSorted((one, other) => one.timestamp - other.timestamp)
      .map(({ content, timestamp }) => ({ at: new Date(timestamp).toISOString().slice(0, 10), text: content })),
    turns: recalled.turns
      .toSorted((one, other) => one.entry.created_at - other.entry.created_at)
      .map(({ entry }) => ({
        from: senderOf(entry, parts),
        at: new Date(entry.created_at).toISOString().slice(0, 16),
        text: contentText(entry.content)
      })),
    summary: session.summary ?? "",
    additions: [...new Set(additions)].filter((text) => text.trim() !== "").join("\n\n")
  })
}

/** The messages of one request. System messages of the conversation join the one system message. */
export const render = (parts: ContextParts): ReadonlyArray<ModelMessage> => {
  const entries = [...parts.history, ...parts.messages]
  const system = systemMessage(
    parts,
    entries.filter((entry) => entry.role === "system").map((entry) => contentText(entry.content))
  )
  return [{ role: "system", content: system }, ...conversation(entries, parts, parts.source)]
}

/** A message of a request as a row of history. */
export const entryOf = (message: InputChatMLMessage, id: string, at: number): EntryRow => ({
  id,
  role: message.role === "auto" ? "user" : message.role,
  name: message.name ?? null,
  content: message.content,
  tool_call_id: message.tool_call_id ?? null,
  aborted: false,
  extra: null,
  created_at: at
})
