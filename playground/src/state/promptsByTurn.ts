/** Which turn a prompt was made for. */
import type { ExplainedPrompt, RecentPrompt } from "effect-julep"

/** The last message that a prompt was made for: it is the key of its turn. */
const keyOf = ({ parts }: ExplainedPrompt): string | undefined =>
  parts.findLast(({ kind, role }) => kind === "function" || (kind === "message" && role === "user"))?.source_ids.at(-1)

/** The last prompt of each turn, by the key of the turn. */
export const byTurn = (newest: ReadonlyArray<RecentPrompt>): ReadonlyMap<string | undefined, ExplainedPrompt> =>
  new Map(newest.toReversed().map(({ prompt }) => [keyOf(prompt), prompt]))
