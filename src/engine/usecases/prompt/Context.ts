/** The messages of a request to a model: one system message, the history, the new messages. Pure functions over rows. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { InputChatMLMessage } from "../../../schema/Message.js"
import { contentText, FunctionCall } from "../../../schema/Message.js"
import type { ModelMessage, ModelToolCall } from "../../ports/Model.js"
import type { AgentRow, EntryRow, SessionRow, UserRow } from "../../ports/Storage.js"
import * as SystemMessage from "../../text/SystemMessage.js"
import type { Recalled } from "../recall/Recall.js"

/** The parts of a context. */
export interface ContextParts {
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  readonly recalled: Recalled
  /** Oldest first. */
  readonly history: ReadonlyArray<EntryRow>
  readonly messages: ReadonlyArray<EntryRow>
}

/** Who sent a message, by name if there is one. */
const senderOf = (entry: EntryRow, { agent, user }: ContextParts): string =>
  entry.name || (entry.role === "assistant" ? agent.name : user?.name) || entry.role

/** The system message. The conversation's own system messages join it. */
const systemMessage = (parts: ContextParts, additions: ReadonlyArray<string>): string => {
  const { agent, session, user, recalled } = parts
  return SystemMessage.write({
    situation: session.situation,
    agent,
    user,
    instructions: agent.instructions,
    passages: recalled.passages,
    memories: recalled.memories.map(({ content }) => content),
    turns: recalled.turns
      .toSorted((one, other) => one.entry.created_at - other.entry.created_at)
      .map(({ entry }) => ({
        from: senderOf(entry, parts),
        at: new Date(entry.created_at).toISOString().slice(0, 16),
        text: contentText(entry.content)
      })),
    summary: session.summary ?? "",
    additions: additions.filter((text) => text.trim() !== "").join("\n\n")
  })
}

const decodeCall = Schema.decodeUnknownOption(Schema.parseJson(FunctionCall))

/** The calls of one reply, and the messages with their results. */
interface Calls {
  readonly calls: ReadonlyArray<ModelToolCall>
  readonly results: Array<EntryRow>
}

/** Matches results to calls: by `tool_call_id`, else by the tool's name, else in order. A call without a result says so. */
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
 * History as models read it: consecutive `function_call` messages become one message with several calls, each followed by
 * its result, because some endpoints insist on complete pairs.
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

/** The messages of one request. System messages of the conversation join the one system message. */
export const render = (parts: ContextParts): ReadonlyArray<ModelMessage> => {
  const entries = [...parts.history, ...parts.messages]
  const system = systemMessage(
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
