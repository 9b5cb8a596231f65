/** A turn of the conversation: what was sent, what came back, and what the model was sent for it. */
import type { ChatMLMessage, CompletionUsage, ExplainedPrompt, InputChatMLMessage, JobId } from "effect-julep"

/** A message of a turn: one of the history, or one that is on its way. */
export type TurnMessage = ChatMLMessage | InputChatMLMessage

export interface Turn {
  /** Unique in the session, and the same after a reload of its history. */
  readonly key: string
  /** What was sent: messages of the user, and results of tools. */
  readonly sent: ReadonlyArray<TurnMessage>
  /** What came back: text, and calls of tools. */
  readonly reply: ReadonlyArray<TurnMessage>
  /** What the model was sent, if the server still has it. */
  readonly prompt: ExplainedPrompt | undefined
  /** The tokens of the turn, if it was sent by this page. */
  readonly usage: CompletionUsage | undefined
  /** The background jobs that the turn started, if it was sent by this page. */
  readonly jobs: ReadonlyArray<JobId>
}
