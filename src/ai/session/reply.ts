/** The replies of a session as parts of `@effect/ai`, whole and streamed. */
import type * as Response from "@effect/ai/Response"
import type { ChatDelta, ChatResponse, ChatStreamEvent, RecalledSources } from "../../schema/Chat.js"
import { type ChatMLMessage, contentText } from "../../schema/Message.js"
import { callsIn } from "../../services/run/toolCalls.js"

const reasons: { readonly [reason: string]: Response.FinishReason | undefined } = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter"
}

type Usage = ChatResponse["usage"] | null | undefined

const finishPart = (reason: string, usage: Usage): Response.FinishPartEncoded => ({
  type: "finish",
  reason: reasons[reason] ?? "other",
  usage: {
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
    totalTokens: usage?.total_tokens
  }
})

/** The docs that were recalled, each once. */
const sourcesOf = (recalled: RecalledSources | null | undefined): ReadonlyArray<Response.DocumentSourcePartEncoded> => {
  const docs = new Map((recalled?.snippets ?? []).map(({ doc_id, title }) => [doc_id, title]))
  return [...docs].map(([id, title]) => ({
    type: "source",
    sourceType: "document",
    id,
    mediaType: "text/plain",
    title
  }))
}

/** The part of a call. A server of v0.3 sends no id, so that the position of the call stands in. */
const callPart = (message: ChatDelta | ChatMLMessage, index: number): ReadonlyArray<Response.ToolCallPartEncoded> =>
  callsIn([{ role: message.role, content: message.content }]).map(({ call, hasId }) => ({
    type: "tool-call",
    id: hasId ? call.id : `call_${index}`,
    name: call.name,
    params: call.arguments
  }))

/** The parts of a whole reply. */
export const partsOf = ({
  finish_reason,
  id,
  recalled,
  response,
  usage
}: ChatResponse): Array<Response.PartEncoded> => {
  let calls = 0
  const said = response[0].flatMap((message): ReadonlyArray<Response.PartEncoded> => {
    if (message.role === "function_call") return callPart(message, calls++)
    const text = contentText(message.content)
    return text === "" ? [] : [{ type: "text", text }]
  })
  return [{ type: "response-metadata", id }, ...sourcesOf(recalled), ...said, finishPart(finish_reason, usage)]
}

/** Turns the events of a streamed reply into parts. */
export class ReplyEvents {
  #texts = 0
  #calls = 0
  #open: string | undefined
  #begun = false
  #finish = "stop"
  #usage: Usage

  /** The parts of an event. */
  push({ finish_reason, id, recalled, response, usage }: ChatStreamEvent): ReadonlyArray<Response.StreamPartEncoded> {
    const begin: ReadonlyArray<Response.StreamPartEncoded> = this.#begun ? [] : [{ type: "response-metadata", id }]
    this.#begun = true
    this.#finish = finish_reason ?? this.#finish
    this.#usage = usage ?? this.#usage
    const said = (response[0] ?? []).flatMap((delta): ReadonlyArray<Response.StreamPartEncoded> => {
      if (delta.role === "function_call") return [...this.#close(), ...callPart(delta, this.#calls++)]
      return this.#write(delta.content ?? "")
    })
    return [...begin, ...sourcesOf(recalled), ...said]
  }

  /** The parts that end the reply. */
  end(): ReadonlyArray<Response.StreamPartEncoded> {
    return [...this.#close(), finishPart(this.#finish, this.#usage)]
  }

  #write(delta: string): ReadonlyArray<Response.StreamPartEncoded> {
    if (delta === "") return []
    const known = this.#open
    const id = known ?? String(this.#texts++)
    this.#open = id
    return [...(known === undefined ? [{ type: "text-start" as const, id }] : []), { type: "text-delta", id, delta }]
  }

  #close(): ReadonlyArray<Response.StreamPartEncoded> {
    const id = this.#open
    this.#open = undefined
    return id === undefined ? [] : [{ type: "text-end", id }]
  }
}
