/**
 * History in the form that every endpoint accepts: users and assistants alternate, a user begins and nothing is empty; the text and
 * the calls of one reply are one message, and every call has one result right after it. A message depends on the
 * messages before it and on the results of its calls alone, so that a prompt begins with the prompt before it.
 */
import { type Content, contentText } from "../../../schema/Message.js"
import { stripReasoning } from "../../../schema/reasoning.js"
import type { ModelMessage, ModelToolCall } from "../../ports/Model.js"
import type { EntryRow } from "../../ports/Storage.js"
import { callOf, matchResults, type StoredCall, unmatchedResult } from "./Calls.js"
import { lineName, type Speakers } from "./Dialogue.js"

/** The message of a user if an endpoint requires one and the history has none. */
const CONTINUE = "(continue)"
/** The message of an assistant between the results of tools and the next message of the user. */
const NO_REPLY = "(no reply)"

type Parts = Exclude<Content, string>

const partsOf = (content: Content): Parts => (typeof content === "string" ? [{ type: "text", text: content }] : content)

/** A content without empty parts, as a string where it has no image; undefined if nothing is left. */
const filled = (content: Content): Content | undefined => {
  if (typeof content === "string") return content.trim() === "" ? undefined : content
  const parts = content.filter((part) => part.type !== "text" || part.text.trim() !== "")
  if (parts.length === 0) return undefined
  return parts.every((part) => part.type === "text") ? contentText(parts) : parts
}

const joined = (first: Content, second: Content): Content =>
  typeof first === "string" && typeof second === "string"
    ? `${first}\n\n${second}`
    : [...partsOf(first), ...partsOf(second)]

/** The name of a message that has one. */
type Name = { readonly name?: string }

/** The name of two messages that become one, if it is the same. */
const shared = (one: Name, other: Name): Name => (one.name === other.name ? other : {})

/** Puts names before texts where two speakers share a role. No line of a text then reads as another speaker's. */
const labelling = (entries: ReadonlyArray<EntryRow>, { agent, user }: Speakers) => {
  const nameOf = ({ name, role }: EntryRow) => name || (role === "assistant" ? agent.name : (user?.name ?? ""))
  const namesOf = (role: string) => {
    const names = new Set<string>()
    for (const entry of entries) if (entry.role === role) names.add(nameOf(entry))
    return names
  }
  const byRole = new Map(["user", "assistant"].map((role) => [role, namesOf(role)]))
  return (entry: EntryRow, content: Content): Content => {
    const names = byRole.get(entry.role)
    if (names === undefined || names.size < 2) return content
    const labels = [...names].filter((name) => name !== "").map((name) => `${lineName(name)}: `)
    const setIn = (text: string) =>
      // A function, because a name may contain what a replacement gives a meaning, such as "$'".
      labels.reduce((set, label) => set.replaceAll(`\n${label}`, () => `\n ${label}`), `\n${text}`).slice(1)
    const name = nameOf(entry)
    const label = name === "" ? "" : `${lineName(name)}: `
    if (typeof content === "string") return label + setIn(content)
    const parts = content.map((part) => (part.type === "text" ? { ...part, text: label + setIn(part.text) } : part))
    return name === "" || parts.some(({ type }) => type === "text")
      ? parts
      : [{ type: "text", text: label.trim() }, ...parts]
  }
}

/** The results for calls: up to the assistant's next message, because a model that answered has seen no later ones. */
const resultsAfter = (entries: ReadonlyArray<EntryRow>, start: number): ReadonlyArray<EntryRow> => {
  const end = entries.findIndex(
    ({ role }, index) => index >= start && (role === "assistant" || role === "function_call")
  )
  return entries.slice(start, end < 0 ? entries.length : end).filter(({ role }) => role === "function")
}

/** The messages of a prompt after its system message, and for each the ids of the messages of history it is made of. */
export interface Conversation {
  readonly messages: ReadonlyArray<ModelMessage>
  readonly sources: ReadonlyArray<ReadonlyArray<string>>
}

/**
 * The conversation for the endpoint and the model of `source`, with names if the endpoint takes them. System messages of the
 * history are left out.
 */
export const conversation = (
  all: ReadonlyArray<EntryRow>,
  speakers: Speakers,
  source: string,
  named = false
): Conversation => {
  const entries = all.filter(({ role }) => role !== "system")
  const labelled = labelling(entries, speakers)
  const messages: Array<ModelMessage> = []
  const sources: Array<Array<string>> = []
  /** Adds ids to the sources of the last message. */
  const from = (...ids: ReadonlyArray<string>) => {
    const index = messages.length - 1
    const own = sources[index]
    if (own === undefined) sources[index] = [...ids]
    else own.push(...ids)
  }

  /** The name of who says a message: that of a call is the name of its tool. */
  const nameOf = ({ name, role }: EntryRow) => {
    const speaker = role === "function_call" ? speakers.agent.name : name
    return named && speaker ? { name: speaker } : {}
  }
  const addUser = (content: Content, name: Name = {}) => {
    const last = messages.at(-1)
    if (last?.role === "user") {
      messages[messages.length - 1] = { role: "user", content: joined(last.content, content), ...shared(last, name) }
    } else {
      if (last?.role === "tool") messages.push({ role: "assistant", content: NO_REPLY })
      messages.push({ role: "user", content, ...name })
    }
  }
  /** Adds to the assistant's message, or begins one. */
  const addAssistant = (entry: EntryRow, content: Content | null, tool_calls?: ReadonlyArray<ModelToolCall>) => {
    const last = messages.at(-1)
    if (last === undefined) addUser(CONTINUE)
    const before = last?.role === "assistant" ? last : undefined
    if (before !== undefined) messages.pop()
    const extra = entry.extra?.source === source ? entry.extra.message : undefined
    const name = nameOf(entry)
    messages.push({
      role: "assistant",
      ...(before === undefined ? name : shared(before, name)),
      content:
        content === null ? (before?.content ?? null) : before?.content ? joined(before.content, content) : content,
      ...(tool_calls === undefined ? {} : { tool_calls }),
      ...(extra === undefined && before?.extra === undefined ? {} : { extra: { ...before?.extra, ...extra } })
    })
  }
  const addStray = (text: string) => {
    const last = messages.at(-1)
    if (last?.role === "tool") messages[messages.length - 1] = { ...last, content: `${last.content}\n\n${text}` }
    else addUser(text)
  }

  const taken = new Set<EntryRow>()
  const calls = entries.map((entry) => callOf(entry, source))
  /** The calls of one reply, and the message with the first of them. */
  let group: Array<StoredCall> = []
  let first: EntryRow | undefined
  for (const [index, entry] of entries.entries()) {
    const call = calls[index]
    if (call !== undefined) {
      group.push(call)
      first ??= entry
      if (calls[index + 1] !== undefined) continue
      const answered = matchResults(group, resultsAfter(entries, index + 1))
      addAssistant(
        first,
        null,
        group.map(({ call }) => call)
      )
      from(...entries.slice(index + 1 - group.length, index + 1).map(({ id }) => id))
      for (const [place, message] of answered.messages.entries()) {
        messages.push(message)
        const result = group[place] && answered.answers.get(group[place])
        from(...(result === undefined ? [] : [result.id]))
      }
      for (const result of answered.taken) taken.add(result)
      group = []
      first = undefined
      continue
    }
    if (taken.has(entry)) continue
    if (entry.role === "function") {
      addStray(unmatchedResult(entry))
      from(entry.id)
      continue
    }
    const isUser = entry.role === "user"
    // Images are for users alone.
    const content = filled(isUser ? entry.content : stripReasoning(contentText(entry.content)))
    if (content === undefined) continue
    if (isUser) addUser(labelled(entry, content), nameOf(entry))
    else addAssistant(entry, labelled(entry, content))
    from(entry.id)
  }
  if (messages.length === 0 || messages.at(-1)?.role === "assistant") addUser(CONTINUE)
  return { messages, sources: messages.map((_, index) => sources[index] ?? []) }
}
