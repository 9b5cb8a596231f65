import type { Origin } from "./conversation.js"
import { type Indexed, topicOf } from "./indexing.js"
import { isPointer } from "./markup.js"
import type { Query } from "./question.js"

/** The factor of a source for a kind of question. */
export const trust = (origin: Origin, query: Query): number => {
  const { agent, personal, replies } = query.answerType
  switch (origin) {
    case "memory":
    case "said":
    case "user":
      return personal ? 1.4 : 0.9
    case "agent":
      return agent ? 1.4 : 0.8
    case "situation":
      return 0.6
    case "instruction":
      return 0.7
    // Earlier turns answer questions about the conversation; for any other, a doc is the better source.
    case "turn":
      return personal || replies ? 1.2 : 0.6
    case "replied":
      return replies ? 1.2 : 0
    case "doc":
    case "given":
    case "result":
      return personal ? 0.85 : 1
  }
}

/** The position of a block: whether it opens its section, what it introduces, and the matches of its heading. */
export interface Standing {
  readonly opens: boolean
  readonly code: boolean
  readonly anything: boolean
  /** The specificity of a heading with all terms of the question, else 0. */
  readonly heading: number
  readonly first: boolean
}

/** The share of the words of the heading that the question asks for. */
export const specificity = (indexed: Indexed, query: Query): number => {
  const topic = topicOf(indexed)
  return topic.length === 0 ? 0 : topic.filter((word) => query.matches.has(word)).length / topic.length
}

/** The factor of the form of a block for a kind of question. */
export const suitability = ({ block, words }: Indexed, query: Query, standing: Standing): number => {
  const { definition, figure, howTo, reason } = query.answerType
  const text = block.text
  let factor = 1
  // Words in code are names more often than subjects, and code is shown with the prose that introduces it anyway.
  if (block.kind === "code") factor *= howTo ? 0.7 : 0.55
  if (howTo && standing.code) factor *= 1.2
  if (howTo && /\b(?:you can|use|using|call|pass|run)\b/i.test(text)) factor *= 1.1
  const listed = block.kind === "row" || block.kind === "item"
  if (howTo && listed && standing.heading === 0) factor *= 0.85
  if (!howTo && listed && standing.first) factor *= 1.6
  factor *= 1 + (standing.opens || block.kind === "text" ? 0.8 : 0.3) * standing.heading
  if (text.endsWith(":") && !standing.anything) factor *= 0.6
  if (/^See\b/.test(text) || isPointer(text)) factor *= 0.6
  if (block.kind === "item" && standing.heading === 0 && text.length < 40 && !/\d/.test(text)) factor *= 0.85
  if (block.kind === "text" && words.length < 3) factor *= 0.75
  if (text.endsWith("?") && text.length < 200) factor *= 0.5
  if (figure && /\d/.test(text)) factor *= 1.15
  if (reason && /\b(?:because|since|so that|due to|reason|therefore|in order to)\b/i.test(text)) factor *= 1.15
  if (definition && /^.{0,60}\b(?:is|are|means|provides|lets|allows)\b/.test(text)) factor *= 1.12
  return factor
}
