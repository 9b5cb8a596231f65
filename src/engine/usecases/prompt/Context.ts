/**
 * What a model is sent: one system message, the history, the new messages. Pure functions over rows.
 * Recalled text is data: it is delimited, and nothing in it can close its own delimiter.
 */

import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InputChatMLMessage } from "../../../schema/Message.js"
import { contentText, FunctionCall } from "../../../schema/Message.js"
import { type ModelMessage, type ModelToolCall, RECALLED_NOTE } from "../../ports/Model.js"
import type { AgentRow, EntryRow, SessionRow, UserRow } from "../../ports/Storage.js"
import type { Recalled } from "../recall/Recall.js"
import type { RecalledTurn } from "../recall/TurnSearch.js"

/** Everything a context is made of. */
export interface ContextParts {
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  readonly recalled: Recalled
  /** Oldest first. */
  readonly history: ReadonlyArray<EntryRow>
  readonly messages: ReadonlyArray<EntryRow>
}

/** A text in which nothing opens or closes a tag of ours. */
export const asData = (text: string): string =>
  text.replace(/<(?=\s*(\/\s*)?(doc|memory|turn|summary|messages|memories)\b)/gi, "&lt;")

/** A text on one line, fit to stand in quotes. */
export const attribute = (text: string): string => asData(text).replaceAll('"', "&quot;").replace(/\s+/g, " ")

const named = (label: string, name: string, about: string): string =>
  about === "" ? `${label} (${name}).` : `${label} (${name}): ${about}`

/** What was said earlier, with who said it and when (UTC). */
const turnBlock =
  ({ agent, user }: ContextParts) =>
  ({ entry }: RecalledTurn): string => {
    const name = entry.name || (entry.role === "assistant" ? agent.name : user?.name) || entry.role
    const at = new Date(entry.created_at).toISOString().slice(0, 16)
    return `<turn from="${attribute(name)}" at="${at}">\n${asData(contentText(entry.content))}\n</turn>`
  }

/** The system block, in the API's order: situation, agent, user, instructions, docs, memories, earlier turns, summary. */
const systemBlock = (parts: ContextParts, also: ReadonlyArray<string>): string => {
  const { session, agent, user, recalled } = parts
  const { passages, memories, turns } = recalled
  const sections = [
    session.situation,
    named("About you", agent.name, agent.about),
    user === undefined ? "" : named("About the user", asData(user.name), asData(user.about)),
    agent.instructions.length === 0
      ? ""
      : ["Instructions:", ...agent.instructions.map((line) => `- ${line}`)].join("\n"),
    passages.length + memories.length + turns.length === 0 ? "" : RECALLED_NOTE,
    ...passages.map((passage) => `<doc title="${attribute(passage.title)}">\n${asData(passage.text)}\n</doc>`),
    ...memories.map((memory) => `<memory>\n${asData(memory.content)}\n</memory>`),
    ...turns.toSorted((one, other) => one.entry.created_at - other.entry.created_at).map(turnBlock(parts)),
    session.summary === null ? "" : `<summary>\n${asData(session.summary)}\n</summary>`,
    ...also
  ]
  return sections.filter((section) => section.trim() !== "").join("\n\n")
}

const decodeCall = Schema.decodeUnknownOption(Schema.parseJson(FunctionCall))

/** The calls of one reply, and the messages that answer them. */
interface Calls {
  readonly calls: ReadonlyArray<ModelToolCall>
  readonly results: Array<EntryRow>
}

/** Results find their calls by `tool_call_id`, else by the tool's name, else in order; a call without one says so. */
const answerCalls = ({ calls, results }: Calls): ReadonlyArray<ModelMessage> => {
  const left = [...results]
  const answers = new Map<string, EntryRow>()
  const pass = (fits: (entry: EntryRow, call: ModelToolCall) => boolean) => {
    for (const call of calls) {
      const index = answers.has(call.id) ? -1 : left.findIndex((entry) => fits(entry, call))
      const [result] = index < 0 ? [] : left.splice(index, 1)
      if (result !== undefined) answers.set(call.id, result)
    }
  }
  pass((entry, call) => entry.tool_call_id === call.id)
  pass((entry, call) => entry.tool_call_id === null && entry.name === call.name)
  pass((entry) => entry.tool_call_id === null)
  const answered = calls.map(({ id, name }): ModelMessage => {
    const result = answers.get(id)
    const content = result === undefined ? "No result was given." : contentText(result.content)
    return { role: "tool", tool_call_id: id, name, content }
  })
  return [...answered, ...left.map(plain)]
}

const plain = (entry: EntryRow): ModelMessage => {
  const name = entry.name === null || entry.name === "" ? {} : { name: entry.name }
  if (entry.role === "assistant") return { role: "assistant", content: entry.content, ...name }
  if (entry.role === "function") {
    return { role: "user", content: `Result of ${entry.name ?? "a tool"}: ${contentText(entry.content)}` }
  }
  return { role: "user", content: entry.content, ...name }
}

/**
 * History as a model takes it: consecutive `function_call` messages are one message with several calls, each followed
 * by its result, so that an endpoint which insists on complete pairs takes it too.
 */
const conversation = (entries: ReadonlyArray<EntryRow>): ReadonlyArray<ModelMessage> => {
  const messages: Array<ModelMessage> = []
  let open: { calls: Array<ModelToolCall>; results: Array<EntryRow> } | undefined
  const close = () => {
    if (open === undefined) return
    messages.push({ role: "assistant", content: null, tool_calls: open.calls }, ...answerCalls(open))
    open = undefined
  }
  for (const entry of entries) {
    const call = entry.role === "function_call" ? decodeCall(contentText(entry.content)) : Option.none()
    if (Option.isSome(call)) {
      if (open !== undefined && open.results.length > 0) close()
      open ??= { calls: [], results: [] }
      const { name, arguments: args, id } = call.value
      open.calls.push({ id: id ?? `call_${entry.id}`, name, arguments: args })
    } else if (entry.role === "function" && open !== undefined && open.results.length < open.calls.length) {
      open.results.push(entry)
    } else {
      close()
      messages.push(plain(entry))
    }
  }
  close()
  return messages
}

/** The messages of one turn. System messages of the conversation join the one system message. */
export const render = (parts: ContextParts): ReadonlyArray<ModelMessage> => {
  const entries = [...parts.history, ...parts.messages]
  const system = systemBlock(
    parts,
    entries.filter((entry) => entry.role === "system").map((entry) => contentText(entry.content))
  )
  return [{ role: "system", content: system }, ...conversation(entries.filter((entry) => entry.role !== "system"))]
}

/** A message of a request as a row of history. */
export const entryOf = (message: InputChatMLMessage, id: string, at: number): EntryRow => ({
  id,
  role: message.role === "auto" ? "user" : message.role,
  name: message.name ?? null,
  content: message.content,
  tool_call_id: message.tool_call_id ?? null,
  aborted: false,
  created_at: at
})
