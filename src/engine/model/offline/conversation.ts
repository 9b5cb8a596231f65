import { contentText } from "../../../schema/Message.js"
import type { ModelMessage } from "../../ports/Model.js"
import * as RecalledBlock from "../../text/RecalledBlock.js"
import * as SystemMessage from "../../text/SystemMessage.js"

/** The kind of source that a text comes from. */
export type Origin =
  | "doc"
  | "memory"
  | "agent"
  | "user"
  | "situation"
  | "instruction"
  | "said"
  | "turn"
  | "replied"
  | "given"
  | "result"

/**
 * A text that an answer may quote. `title` is the title of a doc, the name of a tool, the speaker of a turn, or the
 * message that a reply answers.
 */
export interface Quotable {
  readonly origin: Origin
  readonly title: string
  readonly text: string
}

/** A conversation in its parts: the question, and every text that may answer it. */
export interface Conversation {
  readonly question: string
  /** The earlier messages of the user, newest first. */
  readonly earlier: ReadonlyArray<string>
  readonly agentName: string
  readonly userName: string
  readonly passages: ReadonlyArray<Quotable>
  /** The results of tools at the end of the conversation. */
  readonly results: ReadonlyArray<Quotable>
}

/** A summary that quotes has a line for each statement, with its speaker. */
const quotes = (summary: string): ReadonlyArray<Quotable> =>
  summary.split("\n").map((line) => {
    const [, title = "", text = line] = /^([^:\n]{1,100}): (.+)$/.exec(line) ?? []
    return { origin: "turn", title, text }
  })

/** The texts of the system message and of what was recalled, each with where it came from. */
const systemPassages = (
  system: SystemMessage.SystemParts,
  recalled: ReadonlyArray<RecalledBlock.RecalledParts>
): ReadonlyArray<Quotable> => {
  const plain = (origin: Origin, text: string): ReadonlyArray<Quotable> =>
    text.trim() === "" ? [] : [{ origin, title: "", text: text.trim() }]
  return [
    ...plain("situation", system.situation),
    ...plain("agent", system.agent.about),
    ...plain("user", system.user?.about ?? ""),
    ...plain("instruction", system.instructions.map((line) => `- ${line}`).join("\n")),
    ...recalled.flatMap(({ passages }) => passages.map(({ text, title }) => ({ origin: "doc" as const, title, text }))),
    ...recalled.flatMap(({ memories }) => memories.map(({ text }) => ({ origin: "memory" as const, title: "", text }))),
    ...recalled.flatMap(({ turns }) => turns.map(({ from, text }) => ({ origin: "turn" as const, title: from, text }))),
    ...(system.summary === "" ? [] : quotes(system.summary)),
    ...plain("situation", system.additions)
  ]
}

const messageText = (message: ModelMessage): string => (message.content === null ? "" : contentText(message.content))

/** Splits a long message into a question and the text that it asks about. */
const splitQuestion = (text: string): { question: string; given: string } => {
  if (text.length < 400) return { question: text, given: "" }
  const paragraphs = text.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "")
  if (paragraphs.length < 2) return { question: text, given: "" }
  const question = paragraphs.findLastIndex((paragraph) => paragraph.length < 400 && paragraph.trimEnd().endsWith("?"))
  const at = question === -1 ? paragraphs.length - 1 : question
  return {
    question: paragraphs[at] ?? "",
    given: paragraphs.filter((_, index) => index !== at).join("\n\n")
  }
}

const toolName = (messages: ReadonlyArray<ModelMessage>, id: string): string => {
  for (const message of messages) {
    const call = message.role === "assistant" ? message.tool_calls?.find((one) => one.id === id) : undefined
    if (call !== undefined) return call.name
  }
  return ""
}

/** Takes the messages of a request apart. The role of a message decides what its text is, never the words in it. */
export const readConversation = (messages: ReadonlyArray<ModelMessage>): Conversation => {
  const system = SystemMessage.read(
    messages.flatMap((message) => (message.role === "system" ? [message.content] : [])).join("\n")
  )
  const lastUser = messages.findLastIndex((message) => message.role === "user")
  const last = messages[lastUser]
  const { recalled, rest } = RecalledBlock.read(system.recalledTag, last === undefined ? "" : messageText(last))
  const { given, question } = splitQuestion(rest)
  const before = messages.slice(0, Math.max(0, lastUser))
  const earlier = before.flatMap((message) => (message.role === "user" ? [messageText(message)] : [])).reverse()
  const replies = before.flatMap((message, index): Array<Quotable> => {
    if (message.role !== "assistant" || message.content === null) return []
    const previous = before[index - 1]
    const title = previous?.role === "user" ? messageText(previous) : ""
    return [{ origin: "replied", title, text: messageText(message) }]
  })
  const resultsFrom = messages.findLastIndex((message) => message.role !== "tool") + 1
  const results = messages.flatMap((message, index): Array<Quotable> => {
    if (message.role !== "tool") return []
    const title = message.name ?? toolName(messages, message.tool_call_id)
    return index >= resultsFrom ? [{ origin: "result", title, text: message.content }] : []
  })
  const passage = (origin: Origin) => (text: string) => ({ origin, title: "", text })
  return {
    question: question.trim(),
    earlier,
    agentName: system.agent.name,
    userName: system.user?.name ?? "",
    results,
    passages: [
      ...systemPassages(system, [system, recalled]),
      ...earlier.map(passage("said")),
      ...replies.reverse(),
      ...(given === "" ? [] : [passage("given")(given)])
    ]
  }
}
