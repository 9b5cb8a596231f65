/** A part of a conversation as text, for a model that reads it and takes no part in it. */
import { contentText } from "../../../schema/Message.js"
import { stripReasoning } from "../../../schema/reasoning.js"
import type { AgentRow, EntryRow, UserRow } from "../../ports/Storage.js"
import { attribute, oneLine } from "../../text/PromptMarkup.js"
import { startOf } from "../../text/Sentences.js"
import { withToolResults } from "./ToolResults.js"

/** The two speakers of a conversation. */
export interface Speakers {
  readonly agent: Pick<AgentRow, "name">
  readonly user: Pick<UserRow, "name"> | undefined
}

/** A name within a sentence: in quotes, because users choose their names. */
export const quotedName = (name: string): string => `"${attribute(name)}"`

/** The user within a sentence. */
export const quotedUser = (user: Speakers["user"]): string => (user?.name ? quotedName(user.name) : "a user")

const nameOf = (entry: EntryRow, { agent, user }: Speakers): string => {
  switch (entry.role) {
    case "user":
      return entry.name || user?.name || "User"
    case "assistant":
      return agent.name
    case "function_call":
      return `${agent.name} calls a tool`
    case "function":
      return `Result of ${entry.name || "a tool"}`
    default:
      return "System"
  }
}

/** A name as the lines of a dialogue begin with it: on one line, and without a colon that would end it. */
export const lineName = (name: string): string => oneLine(name).replace(/:+(?= |$)/g, "")

/** The sender of a message, as its line begins. */
export const speakerOf = (entry: EntryRow, speakers: Speakers): string => lineName(nameOf(entry, speakers))

/** The characters that a dialogue shows of one message. */
const MAX_CHARACTERS = 8000

/** The text of a message, of an assistant's without its thoughts. */
export const spokenText = ({ content, role }: EntryRow): string =>
  role === "assistant" ? stripReasoning(contentText(content)) : contentText(content)

const shortened = (text: string): string =>
  text.length > MAX_CHARACTERS ? `${startOf(text, MAX_CHARACTERS)} (cut here)` : text

/**
 * One line for each message, oldest first, without those that are never sent to a model again. Further lines of a message
 * are indented, so that none looks like another message.
 */
export const dialogue = (entries: ReadonlyArray<EntryRow>, speakers: Speakers): string =>
  withToolResults(entries)
    .filter(({ refused }) => !refused)
    .map((entry) => {
      const text = shortened(spokenText(entry)).replace(/\r\n|[\n\r\u2028\u2029]/g, "\n  ")
      return `${speakerOf(entry, speakers)}: ${text}`
    })
    .join("\n")
