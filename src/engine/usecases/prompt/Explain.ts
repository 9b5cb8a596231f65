/** Takes the request to a model apart: what each part of it is, and what it was made of. A pure function of what is sent. */
import type { Content } from "../../../schema/Message.js"
import type { ExplainedPrompt, PromptPart, PromptPartKind } from "../../../schema/Prompt.js"
import type { ModelMessage, ModelRequest } from "../../ports/Model.js"
import type { Count } from "../../ports/Tokenizer.js"
import * as RecalledBlock from "../../text/RecalledBlock.js"
import * as SystemMessage from "../../text/SystemMessage.js"
import * as Budget from "./Budget.js"
import { inOrder, isSystem } from "./Context.js"
import { conversation } from "./Conversation.js"

/** A request, and what it was made of. */
export interface Sent {
  readonly request: ModelRequest
  readonly fitted: Budget.Fitted
  readonly count: Count
  readonly window: number
  readonly budget: number
}

const textOf = (content: Content | null): string =>
  content === null
    ? ""
    : typeof content === "string"
      ? content
      : content.map((part) => (part.type === "text" ? part.text : "(image)")).join("\n")

/** The text at the head of a content, and the content without it. */
const headOf = (content: Content): { readonly head: string; readonly without: (rest: string) => Content } => {
  if (typeof content === "string") return { head: content, without: (rest) => rest }
  const [first, ...others] = content
  return first?.type === "text"
    ? { head: first.text, without: (text) => (text === "" ? others : [{ type: "text", text }, ...others]) }
    : { head: "", without: () => content }
}

/** The parts of a request. */
const partsOf = ({ count, fitted, request }: Sent): ReadonlyArray<PromptPart> => {
  const { agent, history, messages, session, user } = fitted
  const parts: Array<PromptPart> = []
  const add = (
    kind: PromptPartKind,
    role: string | undefined,
    content: Content,
    source_ids: ReadonlyArray<string>,
    score?: number
  ) => {
    const text = textOf(content)
    if (text.trim() === "") return
    // Estimates round down, and a short text is not nothing.
    const tokens = Math.max(1, Budget.costOfContent(content, count))
    parts.push({
      kind,
      ...(role === undefined ? {} : { role }),
      text,
      source_ids,
      ...(score === undefined ? {} : { score }),
      tokens
    })
  }

  const addSystem = (content: string) => {
    const read = SystemMessage.read(content)
    const additions = [...history, ...messages].filter(isSystem).map(({ id }) => id)
    add("situation", "system", read.situation, [session.id])
    add("agent", "system", read.agent.about || read.agent.name, [agent.id])
    if (user !== undefined) add("user", "system", read.user?.about || (read.user?.name ?? ""), [user.id])
    add("instructions", "system", read.instructions.join("\n"), [agent.id])
    add("summary", "system", read.summary, [session.id])
    add("system", "system", read.additions, additions)
  }

  /** Adds what was recalled, and returns the content without it. */
  const addRecalled = (content: Content): Content => {
    const { head, without } = headOf(content)
    const { recalled, rest } = RecalledBlock.read(RecalledBlock.tagOf(session.nonce), head)
    const { memories, passages, turns } = inOrder(fitted.recalled)
    for (const [index, { text }] of recalled.passages.entries()) {
      const passage = passages[index]
      const docs = passage === undefined ? [] : [passage, ...(passage.copies ?? [])]
      add("doc", "user", text, [...new Set(docs.map(({ doc_id }) => doc_id))], passage?.score)
    }
    for (const [index, { text }] of recalled.memories.entries()) {
      const memory = memories[index]
      add("memory", "user", text, memory === undefined ? [] : [memory.id], memory?.score)
    }
    for (const [index, { text }] of recalled.turns.entries()) {
      const turn = turns[index]
      add("recalled_message", "user", text, turn === undefined ? [] : [turn.entry.id], turn?.score)
    }
    return rest === head ? content : without(rest)
  }

  const { sources } = conversation([...history, ...messages], fitted, fitted.source, fitted.messageNames)
  const newest = request.messages.findLastIndex(({ role }) => role === "user")
  const addMessage = (message: ModelMessage, index: number) => {
    // The system message is the first.
    const ids = sources[index - 1] ?? []
    switch (message.role) {
      case "system":
        return addSystem(message.content)
      case "user":
        return add("message", "user", index === newest ? addRecalled(message.content) : message.content, ids)
      case "tool":
        return add("function", "tool", message.content, ids)
      case "assistant": {
        const { content, tool_calls: calls = [] } = message
        // The calls are the last of what the message was made of.
        const ofText = calls.length === 0 ? ids : ids.slice(0, -calls.length)
        if (content !== null) add("message", "assistant", content, ofText)
        for (const [place, call] of calls.entries()) {
          const text = JSON.stringify({ name: call.name, arguments: call.arguments })
          add("function_call", "assistant", text, ids.slice(ofText.length + place, ofText.length + place + 1))
        }
      }
    }
  }
  for (const [index, message] of request.messages.entries()) addMessage(message, index)
  for (const tool of request.tools) {
    const stored = fitted.tools?.find(({ name }) => name === tool.name)
    add("tool", undefined, JSON.stringify(tool), stored === undefined ? [] : [stored.id])
  }
  return parts
}

/** The parts of what a model is sent. */
export const explain = (sent: Sent): ExplainedPrompt => ({
  model: sent.request.model,
  window: sent.window,
  budget: sent.budget,
  prompt_tokens: Budget.costOfPrompt(sent.request.messages, sent.count),
  parts: partsOf(sent)
})
