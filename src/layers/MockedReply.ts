/** Replies of chats for mocks, made by the code that makes them in the engine. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { callsOf, type ReplyParts } from "../engine/model/Scripted.js"
import { eventsOf, type ModelReply } from "../engine/ports/Model.js"
import { StreamedReply } from "../engine/usecases/chat/StreamedReply.js"
import { NO_USAGE, replyEntries } from "../engine/usecases/chat/TurnReply.js"
import * as Recall from "../engine/usecases/recall/Recall.js"
import { toMessage } from "../engine/usecases/resources/Messages.js"
import { ChatId, type ChatResponse, type ChatStreamEvent } from "../schema/Chat.js"

const newId = () => crypto.randomUUID()

const replyOf = (given: string | ReplyParts): ModelReply => {
  const {
    calls = [],
    finish_reason,
    text = null,
    usage = NO_USAGE
  } = typeof given === "string" ? { text: given } : given
  const tool_calls = callsOf(calls)
  return {
    content: text,
    tool_calls,
    finish_reason: finish_reason ?? (tool_calls.length > 0 ? "tool_calls" : "stop"),
    usage
  }
}

/** The response of a chat with this reply. */
export const responseOf = (given: string | ReplyParts): ChatResponse => {
  const reply = replyOf(given)
  const entries = replyEntries(reply, { name: "" }, "", Date.now())
  return {
    id: ChatId.make(newId()),
    finish_reason: reply.finish_reason,
    response: [Arr.map(entries, (entry) => toMessage({ ...entry, id: newId() }))],
    usage: reply.usage,
    jobs: [],
    ...Recall.sourcesOf(Recall.nothing)
  }
}

/** The events of a streamed chat with this reply. */
export const eventsOfReply = (given: string | ReplyParts): ReadonlyArray<ChatStreamEvent> => {
  const reply = replyOf(given)
  const written = new StreamedReply(ChatId.make(newId()), "", Recall.nothing)
  const { events } = written.add(Effect.runSync(Stream.runCollect(eventsOf(reply))))
  return [written.opening, ...events, written.closing(reply, [])]
}
