import { answerFrom, attributed, type QuotedAnswer } from "./compose.js"
import type { Conversation, Quotable } from "./conversation.js"
import { isLowSurrogate } from "./limits.js"
import { isStatement, smallTalk, statements } from "./smallTalk.js"
import { isWeak, type Words } from "./stems.js"

const NOT_FOUND = "I found nothing about that in what I was given. (offline model)"
const NOTED = "Noted. (offline model)"
const MAX_RESULT = 600
const MAX_FACTS = 6

const said = (text: string): QuotedAnswer => ({ text, sources: [] })

/** The answer to "who am I" and "who are you": what is known of the user, or the about of the agent. */
const acquaintance = ({ agentName, passages, question, userName }: Conversation, words: Words): string | undefined => {
  if (words.of(question).some((word) => !isWeak(word))) return undefined
  const facts = (origins: ReadonlyArray<Quotable["origin"]>) =>
    passages.filter(({ origin, text }) => origins.includes(origin) && text.trim() !== "")
  if (/\bwho am i\b|\bmy name\b|\b(?:about me|of me)\b/i.test(question)) {
    const known = /\babout me\b|\bof me\b|\bwho am i\b/i.test(question) ? facts(["user", "memory", "said"]) : []
    const lines = known.slice(0, MAX_FACTS).map((passage) => attributed(passage, passage.text.trim()))
    const named = userName === "" ? [] : [`Your name is ${userName}.`]
    const all = [...named, ...lines]
    return all.length === 0 ? undefined : all.join("\n")
  }
  if (/\bwho are you\b|\byour name\b|\babout you(?:rself)?\b/i.test(question)) {
    const about = facts(["agent"])[0]
    const all = [
      ...(agentName === "" ? [] : [`I am ${agentName}.`]),
      ...(about === undefined ? [] : [attributed(about, about.text)])
    ]
    return all.length === 0 ? undefined : all.join(" ")
  }
  return undefined
}

/** JSON as a list of `key: value`, so that a part of a long result can be quoted. */
const lined = (text: string): string => {
  const trimmed = text.trim()
  if (!trimmed.startsWith("{") && !trimmed.startsWith("[")) return text
  try {
    return JSON.stringify(JSON.parse(trimmed), null, 1)
      .split("\n")
      .filter((line) => /[\p{L}\p{N}]/u.test(line))
      .map((line) => `- ${line.trim().replace(/,$/, "").replaceAll('"', "")}`)
      .join("\n")
  } catch {
    return text
  }
}

const fromResults = (conversation: Conversation, words: Words): QuotedAnswer => {
  const texts = conversation.results.map((result) => {
    const name = result.title === "" ? "The tool" : result.title
    const text = result.text.trim()
    if (text === "") return `${name} returned nothing.`
    if (text.length <= MAX_RESULT) return `${name} returned: ${text}`
    const best = answerFrom(conversation, [{ ...result, text: lined(text) }], words)
    return `${name} returned: ${best?.text ?? `${text.slice(0, isLowSurrogate(text, MAX_RESULT) ? MAX_RESULT - 1 : MAX_RESULT)}...`}`
  })
  return { text: texts.join("\n"), sources: [...new Set(conversation.results.flatMap(({ title }) => title || []))] }
}

/** The extractive answer to a conversation. It depends on nothing but the conversation. */
export const answerTo = (conversation: Conversation, words: Words): QuotedAnswer => {
  const { agentName, earlier, passages, question } = conversation
  if (conversation.results.length > 0) return fromResults(conversation, words)
  if (question === "") return said("I was asked nothing. (offline model)")
  const reply = smallTalk(question, agentName)
  if (reply !== undefined) return said(reply)
  if (isStatement(question)) return said(NOTED)
  const known = acquaintance(conversation, words)
  if (known !== undefined) return said(known)
  const usable = passages.map((passage) =>
    passage.origin === "said" || passage.origin === "turn" ? { ...passage, text: statements(passage.text) } : passage
  )
  const found = answerFrom({ question, earlier }, usable, words)
  return found ?? said(NOT_FOUND)
}
