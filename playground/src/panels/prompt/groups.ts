/** The tokens of a prompt by what they are spent on. */
import type { ExplainedPrompt, PromptPart } from "effect-julep"

/** What parts are summed under, in the order of a prompt. */
export const GROUPS = {
  instructions: "Instructions",
  conversation: "Conversation",
  docs: "Docs",
  memories: "Memories",
  recalled: "Earlier messages",
  markup: "Markup",
  tools: "Tools"
} as const
export type Group = keyof typeof GROUPS

/** The group of a kind. One that a newer server has is of the conversation. */
export const groupOf = (kind: PromptPart["kind"]): Group => {
  switch (kind) {
    case "situation":
    case "agent":
    case "user":
    case "instructions":
    case "summary":
    case "system":
      return "instructions"
    case "doc":
      return "docs"
    case "memory":
      return "memories"
    case "recalled_message":
      return "recalled"
    case "tool":
      return "tools"
    default:
      return "conversation"
  }
}

export interface Spent {
  readonly group: Group
  readonly tokens: number
}

/** What each group of a prompt takes. Markup is what the messages have around their parts. */
export const spentOn = ({ parts, prompt_tokens }: ExplainedPrompt): ReadonlyArray<Spent> => {
  const sums = new Map<Group, Spent>()
  for (const { kind, tokens } of parts) {
    const group = groupOf(kind)
    const before = sums.get(group)
    sums.set(group, { group, tokens: (before?.tokens ?? 0) + tokens })
  }
  const inMessages = [...sums.values()].reduce((sum, { group, tokens }) => sum + (group === "tools" ? 0 : tokens), 0)
  sums.set("markup", { group: "markup", tokens: Math.max(0, prompt_tokens - inMessages) })
  const order: ReadonlyArray<string> = Object.keys(GROUPS)
  return [...sums.values()]
    .filter(({ tokens }) => tokens > 0)
    .sort((one, other) => order.indexOf(one.group) - order.indexOf(other.group))
}

/** What a part is called, before its source: `User message`, `Earlier message`, `Doc Returns`. */
export const labelOf = (part: PromptPart): string => {
  switch (part.kind) {
    case "situation":
      return "Situation"
    case "agent":
      return "About the agent"
    case "user":
      return "About the user"
    case "instructions":
      return "Instructions"
    case "summary":
      return "Summary"
    case "system":
      return "System"
    case "doc":
      return "Doc"
    case "memory":
      return "Memory"
    case "recalled_message":
      return "Earlier"
    case "message":
      return part.role === "assistant" ? "Agent" : "User"
    case "function_call":
      return "Call"
    case "function":
      return "Result"
    case "tool":
      return "Tool"
    default:
      return part.kind
  }
}
