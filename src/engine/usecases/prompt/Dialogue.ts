/** A stretch of conversation as text for a model to read about, not to take part in. */
import { contentText } from "../../../schema/Message.js"
import type { AgentRow, EntryRow, UserRow } from "../../ports/Storage.js"
import { asData, attribute } from "./Context.js"

/** Who talks to whom. */
export interface Speakers {
  readonly agent: Pick<AgentRow, "name">
  readonly user: Pick<UserRow, "name"> | undefined
}

/** The name of who said something; roles stand in for names nobody gave. */
export const speakerOf = (entry: EntryRow, { agent, user }: Speakers): string => {
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

/** The characters of a message that are told; a longer one is cut. */
const LONGEST = 8000

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)} (cut here)` : text)

/** One line a message, in order, each line of a longer message under its first. */
export const dialogue = (entries: ReadonlyArray<EntryRow>, speakers: Speakers): string =>
  entries
    .map((entry) => {
      const speaker = attribute(speakerOf(entry, speakers))
      // Lines of a message that look like another's are set in.
      return `${speaker}: ${asData(shortened(contentText(entry.content))).replace(/\r\n|\r|\n/g, "\n  ")}`
    })
    .join("\n")
