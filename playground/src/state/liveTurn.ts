/** A turn while it is on its way, and what each event of its stream adds to it. */
import type * as Cause from "effect/Cause"
import type { ChatStreamEvent, InputChatMLMessage } from "effect-julep"
import type { TurnSettings } from "./settings.js"
import { noFacts, type Turn, type TurnMessage } from "./Turn.js"

export type Progress =
  | { readonly _tag: "Running" }
  | { readonly _tag: "Done" }
  | { readonly _tag: "Stopped" }
  /** `at`: when it failed, from which the server's advice to wait counts. */
  | { readonly _tag: "Failed"; readonly cause: Cause.Cause<unknown>; readonly at: number }

export interface LiveTurn extends Turn {
  readonly sent: ReadonlyArray<InputChatMLMessage>
  readonly settings: TurnSettings
  /** The last message of the history before the turn. */
  readonly after: string | undefined
  readonly progress: Progress
}

export const begin = (
  sent: ReadonlyArray<InputChatMLMessage>,
  settings: TurnSettings,
  after: string | undefined
): LiveTurn => ({
  key: crypto.randomUUID(),
  sent,
  reply: [],
  settings,
  after,
  progress: { _tag: "Running" },
  ...noFacts
})

type Delta = ChatStreamEvent["response"][number][number]

/** Adds a delta: one with a role begins a message, one without extends the last. */
const withDelta = (reply: ReadonlyArray<TurnMessage>, { content, name, role }: Delta): ReadonlyArray<TurnMessage> => {
  const last = reply.at(-1)
  const text = content ?? ""
  if (last === undefined || typeof role === "string")
    return [...reply, { role: role ?? "assistant", name, content: text }]
  return [...reply.slice(0, -1), { ...last, content: `${last.content}${text}` }]
}

/** The turn with an event of its stream. */
export const withEvent = (turn: LiveTurn, event: ChatStreamEvent): LiveTurn => ({
  ...turn,
  reply: (event.response[0] ?? []).reduce(withDelta, turn.reply),
  prompt: event.prompt ?? turn.prompt,
  usage: event.usage ?? turn.usage,
  jobs: event.jobs ?? turn.jobs,
  finish_reason: event.finish_reason ?? turn.finish_reason
})
