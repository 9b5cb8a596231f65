import type { CompletionUsage } from "../schema/Chat.js"

/** The tokens of replies together. One that has no usage counts as zero. */
export const usageOf = (
  replies: ReadonlyArray<{ readonly usage?: CompletionUsage | null | undefined }>
): CompletionUsage => {
  const sum = (member: keyof CompletionUsage) => replies.reduce((total, { usage }) => total + (usage?.[member] ?? 0), 0)
  return {
    prompt_tokens: sum("prompt_tokens"),
    completion_tokens: sum("completion_tokens"),
    total_tokens: sum("total_tokens")
  }
}
