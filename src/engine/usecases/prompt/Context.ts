/** The messages of a request to a model: one system message, the history, the new messages. Pure functions over rows. */
import { type Content, contentText, type InputChatMLMessage } from "../../../schema/Message.js"
import type { ModelMessage } from "../../ports/Model.js"
import type { AgentRow, EntryRow, MemoryRow, SessionRow, ToolRow, UserRow } from "../../ports/Storage.js"
import { dayOf, periodText } from "../../text/Periods.js"
import * as RecalledBlock from "../../text/RecalledBlock.js"
import * as SystemMessage from "../../text/SystemMessage.js"
import type { Recalled } from "../recall/Recall.js"
import { conversation } from "./Conversation.js"

/** The parts of a context. */
export interface ContextParts {
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  /** The tools of the agent, for templates. Default: none. */
  readonly tools?: ReadonlyArray<ToolRow>
  /** The endpoint and the model that the context is for. */
  readonly source: string
  /** Whether the messages have the names of their senders. Default: false. */
  readonly messageNames?: boolean
  readonly recalled: Recalled
  /** Oldest first. */
  readonly history: ReadonlyArray<EntryRow>
  readonly messages: ReadonlyArray<EntryRow>
}

/** The sender of a message, by name if there is one. */
const senderOf = (entry: Pick<EntryRow, "name" | "role">, { agent, user }: ContextParts): string =>
  entry.name || (entry.role === "assistant" ? agent.name : user?.name) || entry.role

/** Whether a message is part of the system message. */
export const isSystem = ({ role }: EntryRow): boolean => role === "system"

/** The system message. The conversation's own system messages join it, each text once. */
export const systemMessage = ({ agent, history, messages, session, user }: ContextParts): ModelMessage => {
  const additions = [...history, ...messages].filter(isSystem).map(({ content }) => contentText(content))
  return {
    role: "system",
    content: SystemMessage.write({
      situation: session.situation,
      agent,
      user,
      instructions: agent.instructions,
      recalledTag: RecalledBlock.tagOf(session.nonce),
      summary: session.summary ?? "",
      additions: [...new Set(additions)].filter((text) => text.trim() !== "").join("\n\n")
    })
  }
}

/** When a memory was stated: of the memories that no message was the source of, the store knows only when it happened. */
const statedAt = ({ created_at, source_message_ids, timestamp }: MemoryRow): number =>
  source_message_ids.length === 0 ? timestamp : created_at

const dayText = (at: number): string => new Date(at).toISOString().slice(0, 10)

/** The time that a memory is about, in words; the empty text if it names none but the day on which it was stated. */
const timeText = (memory: MemoryRow): string => {
  const { ends_at, timestamp } = memory
  if (ends_at === null) return ""
  const isThatDay = dayText(timestamp) === dayText(statedAt(memory)) && dayOf(timestamp).until === ends_at
  return isThatDay ? "" : periodText({ from: timestamp, until: ends_at })
}

/**
 * What was recalled, in the order of the prompt: memories and earlier messages in that of time. The messages of one request
 * have the same time, and so have their memories: their row ids are in the order in which they were said.
 */
export const inOrder = ({ memories, passages, turns }: Recalled): Recalled => ({
  passages,
  memories: memories.toSorted((one, other) => statedAt(one) - statedAt(other) || one.rowId - other.rowId),
  turns: turns.toSorted((one, other) => one.entry.created_at - other.entry.created_at || one.rowId - other.rowId)
})

/** What was recalled, as it stands in the prompt. */
const recalledBlock = (parts: ContextParts, tag: string): string => {
  const { memories, passages, turns } = inOrder(parts.recalled)
  return RecalledBlock.write(tag, {
    passages,
    memories: memories.map((memory) => ({
      at: dayText(statedAt(memory)),
      time: timeText(memory),
      text: memory.content
    })),
    turns: turns.map(({ entry }) => ({
      from: senderOf(entry, parts),
      at: new Date(entry.created_at).toISOString().slice(0, 16),
      text: contentText(entry.content)
    }))
  })
}

const contentWithoutTag = (tag: string, content: Content): Content =>
  typeof content === "string"
    ? RecalledBlock.withoutTag(tag, content)
    : content.map((part) => (part.type === "text" ? { ...part, text: RecalledBlock.withoutTag(tag, part.text) } : part))

/** A message that does not name the tag of what was recalled. */
const withoutTag = (tag: string, message: ModelMessage): ModelMessage =>
  message.role === "user" && contentText(message.content).includes(tag)
    ? { ...message, content: contentWithoutTag(tag, message.content) }
    : message

/** Puts a block at the head of the newest user message. */
const withBlock = (block: string, messages: ReadonlyArray<ModelMessage>): ReadonlyArray<ModelMessage> => {
  const index = messages.findLastIndex(({ role }) => role === "user")
  const newest = messages[index]
  if (block === "" || newest?.role !== "user") return messages
  const content: Content =
    typeof newest.content === "string"
      ? `${block}\n\n${newest.content}`
      : [{ type: "text", text: block }, ...newest.content]
  return messages.with(index, { ...newest, content })
}

/**
 * The messages of one request. What changes from turn to turn stands last: the system message and the history begin the
 * next prompt too, so that endpoints can reuse what they have computed for them. `system` is the system message, if it is
 * written already.
 */
export const render = (parts: ContextParts, system = systemMessage(parts)): ReadonlyArray<ModelMessage> => {
  const entries = [...parts.history, ...parts.messages]
  const tag = RecalledBlock.tagOf(parts.session.nonce)
  const { messages } = conversation(entries, parts, parts.source, parts.messageNames)
  return [
    system,
    ...withBlock(
      recalledBlock(parts, tag),
      messages.map((message) => withoutTag(tag, message))
    )
  ]
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
  from_model: false,
  refused: false,
  suspended: false,
  created_at: at
})
