import { contentText } from "../../../schema/Message.js"
import { type ModelMessage, RECALLED_NOTE } from "../../ports/Model.js"

/** Where a text of the conversation came from. */
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

/** One text an answer may be drawn from. `title`: of a doc, the name of a tool, who spoke, what the user said before a reply. */
export interface Passage {
  readonly origin: Origin
  readonly title: string
  readonly text: string
}

/** A conversation, taken apart: what is asked, and everything that may answer it. */
export interface Conversation {
  readonly question: string
  /** What the user said before, newest first. */
  readonly earlier: ReadonlyArray<string>
  readonly agentName: string
  readonly userName: string
  readonly passages: ReadonlyArray<Passage>
  /** The results of tools that the conversation ends with. */
  readonly results: ReadonlyArray<Passage>
}

/** Undoes what the engine did to text that looked like the delimiters of its blocks. */
const unescaped = (text: string): string =>
  text.replace(/&lt;(?=\s*(?:\/\s*)?(?:doc|memory|turn|summary|messages|memories)\b)/gi, "<")

const opening = (line: string): Pick<Passage, "origin" | "title"> | undefined => {
  if (line === "<memory>") return { origin: "memory", title: "" }
  if (line === "<doc>") return { origin: "doc", title: "" }
  const turn = /^<turn from="([^"]*)" at="[^"]*">$/.exec(line)
  if (turn !== null) return { origin: "turn", title: unescaped(turn[1] ?? "").replaceAll("&quot;", '"') }
  if (!line.startsWith('<doc title="') || !line.endsWith('">')) return undefined
  return { origin: "doc", title: unescaped(line.slice(12, -2)).replaceAll("&quot;", '"') }
}

const labels: ReadonlyArray<readonly [pattern: RegExp, origin: Origin]> = [
  [/^About you(?: \(([^\n]{0,200})\))?[:.]/, "agent"],
  [/^About the user(?: \(([^\n]{0,200})\))?[:.]/, "user"],
  [/^Instructions:/, "instruction"]
]

const labelled = (line: string): { origin: Origin; name: string; rest: string } | undefined => {
  for (const [pattern, origin] of labels) {
    const match = pattern.exec(line)
    if (match !== null) return { origin, name: match[1] ?? "", rest: line.slice(match[0].length) }
  }
  return undefined
}

/** The line that closes a block; one that nothing closes goes on to the end. */
const endOf = (lines: ReadonlyArray<string>, tag: string, start: number): number => {
  const end = lines.indexOf(`</${tag}>`, start + 1)
  return end === -1 ? lines.length : end
}

/** A summary that quotes has one line a statement, with who made it. */
const quotes = (summary: string): ReadonlyArray<Passage> =>
  summary.split("\n").map((line) => {
    const [, title = "", text = line] = /^([^:\n]{1,100}): (.+)$/.exec(line) ?? []
    return { origin: "turn", title, text }
  })

/** The parts of the system message: plain labelled sections, and blocks of recalled data. */
export const readSystem = (text: string): Pick<Conversation, "agentName" | "userName" | "passages"> => {
  const passages: Array<Passage> = []
  const names = { agent: "", user: "" }
  const lines = text.split(/\r?\n/)
  let section: Origin = "situation"
  let plain: Array<string> = []
  const endSection = () => {
    const body = plain.join("\n").trim()
    if (body !== "") passages.push({ origin: section, title: "", text: body })
    plain = []
  }
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ""
    const block = opening(line)
    if (line === "<summary>") {
      endSection()
      section = "situation"
      const end = endOf(lines, "summary", index)
      passages.push(...quotes(unescaped(lines.slice(index + 1, end).join("\n"))))
      index = end
      continue
    }
    if (block !== undefined) {
      endSection()
      section = "situation"
      const end = endOf(lines, block.origin, index)
      passages.push({ ...block, text: unescaped(lines.slice(index + 1, end).join("\n")) })
      index = end
      continue
    }
    if (line === RECALLED_NOTE) continue
    const label = labelled(line)
    if (label === undefined) {
      plain.push(line)
      continue
    }
    endSection()
    section = label.origin
    if (label.origin === "agent") names.agent = label.name
    if (label.origin === "user") names.user = label.name
    plain.push(label.rest)
  }
  endSection()
  return { agentName: names.agent, userName: names.user, passages }
}

const messageText = (message: ModelMessage): string => (message.content === null ? "" : contentText(message.content))

/** A message that carries its own material ("here is a text ... what does it say about X?") is split from it. */
const splitQuestion = (text: string): { question: string; given: string } => {
  if (text.length < 400) return { question: text, given: "" }
  const paragraphs = text.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "")
  if (paragraphs.length < 2) return { question: text, given: "" }
  const asked = paragraphs.findLastIndex((paragraph) => paragraph.length < 400 && paragraph.trimEnd().endsWith("?"))
  const at = asked === -1 ? paragraphs.length - 1 : asked
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

/** Takes a request's messages apart. Roles alone decide what a text is: words inside it never do. */
export const readConversation = (messages: ReadonlyArray<ModelMessage>): Conversation => {
  const system = readSystem(
    messages.flatMap((message) => (message.role === "system" ? [message.content] : [])).join("\n")
  )
  const lastUser = messages.findLastIndex((message) => message.role === "user")
  const asked = messages[lastUser]
  const { given, question } = splitQuestion(asked === undefined ? "" : messageText(asked))
  const before = messages.slice(0, Math.max(0, lastUser))
  const earlier = before.flatMap((message) => (message.role === "user" ? [messageText(message)] : [])).reverse()
  const replies = before.flatMap((message, index): Array<Passage> => {
    if (message.role !== "assistant" || message.content === null) return []
    const asked = before[index - 1]
    const title = asked?.role === "user" ? messageText(asked) : ""
    return [{ origin: "replied", title, text: messageText(message) }]
  })
  const resultsFrom = messages.findLastIndex((message) => message.role !== "tool") + 1
  const results = messages.flatMap((message, index): Array<Passage> => {
    if (message.role !== "tool") return []
    const title = message.name ?? toolName(messages, message.tool_call_id)
    return index >= resultsFrom ? [{ origin: "result", title, text: message.content }] : []
  })
  const passage = (origin: Origin) => (text: string) => ({ origin, title: "", text })
  return {
    question: question.trim(),
    earlier,
    agentName: system.agentName,
    userName: system.userName,
    results,
    passages: [
      ...system.passages,
      ...earlier.map(passage("said")),
      ...replies.reverse(),
      ...(given === "" ? [] : [passage("given")(given)])
    ]
  }
}
