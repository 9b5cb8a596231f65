/** A model's reply as messages of history, and a response made of these. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { ChatId, ChatResponse } from "../../../schema/Chat.js"
import {
  isCutShort,
  isEmpty,
  ModelError,
  type ModelReply,
  type ModelToolCall,
  type ModelUsage
} from "../../ports/Model.js"
import type { AgentRow, EntryRow, ProviderExtra } from "../../ports/Storage.js"
import * as Recall from "../recall/Recall.js"
import { toMessage } from "../resources/Messages.js"

/** The part of a reply that becomes history. */
export type ReplyContent = Pick<ModelReply, "content" | "tool_calls" | "extra">

/** A call as the content of a `function_call` message. */
export const callText = ({ arguments: args, id, name }: ModelToolCall): string =>
  JSON.stringify({ id, name, arguments: args })

/**
 * The messages of a reply, without ids: its text, if any, then one `function_call` message for each call, with the name of
 * its tool. An empty reply is stored as it is and never sent again. `source` is the endpoint and the model that replied.
 */
export const replyEntries = (
  reply: ReplyContent,
  agent: Pick<AgentRow, "name">,
  source: string,
  at: number,
  aborted = false
) => {
  const message = reply.extra === undefined ? {} : { message: reply.extra }
  const content = reply.content ?? ""
  const hasText = content !== "" || reply.tool_calls.length === 0
  const entry = (
    role: string,
    name: string,
    content: string,
    added: Omit<ProviderExtra, "source">
  ): Omit<EntryRow, "id"> => ({
    role,
    content,
    name,
    tool_call_id: null,
    aborted,
    from_model: true,
    refused: isEmpty(reply),
    suspended: false,
    extra: Object.keys(added).length === 0 ? null : { source, ...added },
    created_at: at
  })
  const calls = reply.tool_calls.map((call, index) =>
    entry("function_call", call.name, callText(call), {
      ...(hasText || index > 0 ? {} : message),
      ...(call.extra === undefined ? {} : { call: call.extra })
    })
  )
  return !hasText && Arr.isNonEmptyArray(calls)
    ? calls
    : Arr.prepend(calls, entry("assistant", agent.name, content, message))
}

/** The reply, unless it is empty and its finish reason does not account for that: a filter, or too few tokens. */
export const notEmpty = (reply: ModelReply): Effect.Effect<ModelReply, ModelError> =>
  isEmpty(reply) && !isCutShort(reply.finish_reason)
    ? Effect.fail(
        new ModelError({
          reason: "empty_reply",
          message: `The model's reply is empty (finish reason "${reply.finish_reason}"). Try again.`
        })
      )
    : Effect.succeed(reply)

/** The finish reason of a reply of which only its messages are left; `aborted` of one that broke off. */
export const finishOf = (entries: ReadonlyArray<EntryRow>): string => {
  if (entries.some(({ aborted }) => aborted)) return "aborted"
  return entries.some(({ role }) => role === "function_call") ? "tool_calls" : "stop"
}

/** The usage of a reply of which only its messages are left. */
export const NO_USAGE: ModelUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

/** The response to a request whose reply history has. */
export const responseOfHistory = (id: ChatId, entries: Arr.NonEmptyReadonlyArray<EntryRow>): ChatResponse => ({
  id,
  finish_reason: finishOf(entries),
  response: [Arr.map(entries, toMessage)],
  usage: NO_USAGE,
  jobs: [],
  ...Recall.sourcesOf(Recall.nothing)
})
