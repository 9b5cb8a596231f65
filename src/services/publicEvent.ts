/** Events as a browser sees them: the text of the reply and its end. */
import { type ChatStreamEvent, isCall } from "../schema/Chat.js"
import type { ChatCompletionChunk, CompletionChunk } from "../schema/ChatCompletion.js"
import type { ObjectEvent } from "./object/objects.js"
import type { RunEvent } from "./run/Run.js"

/** An event of any streamed reply. */
export type ReplyEvent =
  | ChatStreamEvent
  | RunEvent
  | ChatCompletionChunk
  | CompletionChunk
  | ObjectEvent<unknown, unknown>

interface Text {
  readonly role?: string | null | undefined
  readonly name?: string | null | undefined
  readonly content?: string | null | undefined
}

const textOf = ({ content, name, role }: Text) => ({ role, name, content })

/** The texts of the choices of a chat. */
const textsOf = ({ response }: ChatStreamEvent) =>
  response.map((deltas) => deltas.filter((delta) => !isCall(delta)).map(textOf))

/** The text of a choice of a completion. */
const choiceOf = ({ delta, finish_reason, index, text }: Choice) => ({
  index,
  text,
  delta: delta && textOf(delta),
  finish_reason
})

interface Choice {
  readonly index?: number | null | undefined
  readonly text?: string | null | undefined
  readonly delta?: Text | null | undefined
  readonly finish_reason?: string | null | undefined
}

/**
 * The part of an event that a browser gets unless the application says otherwise, or `undefined`: the text of the reply, and
 * its end. It has no calls of tools, no results, no recalled passages, no usage and no model. A run is one reply, which ends
 * with the run.
 */
export const publicEvent = (event: ReplyEvent): unknown => {
  if ("done" in event) return { done: event.done, object: event.object }
  if ("choices" in event) {
    const { choices, created, id, object } = event
    return choices.length === 0 ? undefined : { id, object, created, choices: choices.map(choiceOf) }
  }
  if ("run" in event) {
    const { run } = event
    const reply = run.rounds.at(-1)?.reply
    return {
      id: reply?.id,
      response: [],
      finish_reason: run.status === "suspended" ? "tool_calls" : reply?.finish_reason
    }
  }
  if (!("response" in event)) return undefined
  const response = textsOf(event)
  // Other replies of the run may follow.
  const finish_reason = "type" in event ? null : event.finish_reason
  return finish_reason === null && response.flat().length === 0 ? undefined : { id: event.id, response, finish_reason }
}
