import type { EntryRow } from "../../ports/Storage.js"
import type { Count } from "../../ports/Tokenizer.js"
import { lineName, type Speakers, speakerOf } from "../prompt/Dialogue.js"
import { firstSentence, statementsOf } from "./Statements.js"

/**
 * A summary without a model: statements and questions, a line each. If the lines exceed the limit, those of the
 * assistant are dropped first, then the oldest.
 */
export const extractiveSummary = (
  previous: string | null,
  entries: ReadonlyArray<EntryRow>,
  speakers: Speakers,
  limit: number,
  count: Count
): string => {
  const added = entries.flatMap((entry) => {
    if (entry.refused || (entry.role !== "user" && entry.role !== "assistant")) return []
    const statements = entry.role === "user" ? statementsOf([entry]).map(({ text }) => text) : []
    const texts = statements.length > 0 ? statements : [firstSentence(entry)]
    return texts.filter((text) => text !== "").map((text) => `${speakerOf(entry, speakers)}: ${text}`)
  })
  const lines = [...new Set([...(previous ?? "").split("\n").filter((line) => line !== ""), ...added])]
  const assistant = `${lineName(speakers.agent.name)}: `
  const isAssistants = (line: string) => line.startsWith(assistant)
  const leaving = [...lines.filter(isAssistants), ...lines.filter((line) => !isAssistants(line))]
  const left = new Set(lines)
  let size = lines.reduce((sum, line) => sum + count(line) + 1, 0)
  for (const line of leaving) {
    if (size <= limit || left.size === 1) break
    left.delete(line)
    size -= count(line) + 1
  }
  return [...left].join("\n")
}
