/** A turn of the conversation: what was sent, what came back, and what the model was sent for it. */
import type { ChatMLMessage, CompletionUsage, Content, ExplainedPrompt, JobId } from "effect-julep"

/** A message of a turn: one of the history, or one that is on its way, which has no id. */
export interface TurnMessage
  extends Partial<Pick<ChatMLMessage, "id" | "aborted" | "refused" | "suspended" | "created_at">> {
  readonly role: string
  readonly name?: string | null | undefined
  readonly content: Content
  readonly tool_call_id?: string | null | undefined
}

/** What the page knows of a turn beside its messages. */
export interface TurnFacts {
  /** What the model was sent, if the server or the page still has it. */
  readonly prompt: ExplainedPrompt | undefined
  /** The tokens of the turn, if it was sent by this page. */
  readonly usage: CompletionUsage | undefined
  /** The background jobs that the turn started, if it was sent by this page. */
  readonly jobs: ReadonlyArray<JobId>
  /** Why the model stopped, if the turn was sent by this page. */
  readonly finish_reason: string | undefined
}

export const noFacts: TurnFacts = { prompt: undefined, usage: undefined, jobs: [], finish_reason: undefined }

export interface Turn extends TurnFacts {
  /** Unique in the session: the id of the last message that was sent. */
  readonly key: string
  /** What was sent: messages of the user, and results of tools. */
  readonly sent: ReadonlyArray<TurnMessage>
  /** What came back: text, and calls of tools. */
  readonly reply: ReadonlyArray<TurnMessage>
}

const isReply = ({ role }: TurnMessage): boolean => role === "assistant" || role === "function_call"

/** The turns of a history, the oldest message first. A turn begins with the first message after a reply. */
export const turnsOf = (
  history: ReadonlyArray<ChatMLMessage>,
  factsOf: (key: string) => TurnFacts
): ReadonlyArray<Turn> => {
  const turns: Array<{ readonly sent: Array<TurnMessage>; readonly reply: Array<TurnMessage> }> = []
  for (const message of history) {
    const last = turns.at(-1)
    if (isReply(message)) {
      if (last === undefined) turns.push({ sent: [], reply: [message] })
      else last.reply.push(message)
    } else if (last === undefined || last.reply.length > 0) turns.push({ sent: [message], reply: [] })
    else last.sent.push(message)
  }
  return turns.map((turn) => {
    const key = turn.sent.at(-1)?.id ?? turn.reply[0]?.id ?? ""
    return { key, ...turn, ...factsOf(key) }
  })
}
