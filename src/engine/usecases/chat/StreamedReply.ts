/** A model's reply as the events of a streamed chat. */
import * as Brand from "effect/Brand"
import type * as Chunk from "effect/Chunk"
import type { ChatId, ChatStreamEvent } from "../../../schema/Chat.js"
import type { JobId } from "../../../schema/Job.js"
import { contentText } from "../../../schema/Message.js"
import type { ModelEvent, ModelReply, ModelToolCall } from "../../ports/Model.js"
import type { EntryRow } from "../../ports/Storage.js"
import * as Recall from "../recall/Recall.js"
import { callText, finishOf, NO_USAGE } from "./TurnReply.js"

const jobId = Brand.nominal<JobId>()

const openingOf = (id: ChatId, recalled: Recall.Recalled): ChatStreamEvent => ({
  id,
  finish_reason: null,
  response: [[]],
  ...Recall.sourcesOf(recalled)
})

const closingOf = (
  id: ChatId,
  { finish_reason, usage }: Pick<ModelReply, "finish_reason" | "usage">,
  jobs: ReadonlyArray<string>
): ChatStreamEvent => ({ id, finish_reason, response: [[]], usage, jobs: jobs.map((job) => jobId(job)) })

type Delta = Exclude<ChatStreamEvent["response"], undefined>[number][number]

const deltaOf = (id: ChatId, delta: Delta): ChatStreamEvent => ({ id, finish_reason: null, response: [[delta]] })

const messageOf = (id: ChatId, role: string, name: string, content: string): ChatStreamEvent =>
  deltaOf(id, { role, name, content })

/** Collects a reply while it is written, and makes the events of its pieces. */
export class StreamedReply {
  text = ""
  private role: string | undefined
  private end: Extract<ModelEvent, { readonly _tag: "End" }> | undefined
  private readonly calls: Array<ModelToolCall> = []
  /** The first event, which names the sources. */
  readonly opening: ChatStreamEvent

  constructor(
    private readonly id: ChatId,
    private readonly name: string,
    recalled: Recall.Recalled
  ) {
    this.opening = openingOf(id, recalled)
  }

  /** The whole reply, once its end has come. */
  get reply(): ModelReply | undefined {
    if (this.end === undefined) return undefined
    const { _tag, ...end } = this.end
    return { content: this.text, tool_calls: this.calls, ...end }
  }

  /** Adds pieces of the reply; returns their events and how many characters these have. */
  add(pieces: Chunk.Chunk<ModelEvent>): {
    readonly events: ReadonlyArray<ChatStreamEvent>
    readonly characters: number
  } {
    const events: Array<ChatStreamEvent> = []
    let characters = 0
    const push = (role: string, name: string, content: string) => {
      const begins = role === "function_call" || this.role !== role
      this.role = role
      characters += content.length
      events.push(begins ? messageOf(this.id, role, name, content) : deltaOf(this.id, { content }))
    }
    for (const piece of pieces) {
      switch (piece._tag) {
        case "Text":
          // An empty piece begins no message: a whole reply has none either.
          if (piece.text === "") break
          this.text += piece.text
          push("assistant", this.name, piece.text)
          break
        case "Call":
          this.calls.push(piece.call)
          push("function_call", piece.call.name, callText(piece.call))
          break
        case "End":
          this.end = piece
      }
    }
    return { events, characters }
  }

  /** The last event, which names the jobs of the turn. */
  closing(reply: ModelReply, jobs: ReadonlyArray<string>): ChatStreamEvent {
    return closingOf(this.id, reply, jobs)
  }

  /** All events of the reply, its text in one. */
  whole(reply: ModelReply, jobs: ReadonlyArray<string>): ReadonlyArray<ChatStreamEvent> {
    const text = this.text === "" ? [] : [messageOf(this.id, "assistant", this.name, this.text)]
    const calls = this.calls.map((call) => messageOf(this.id, "function_call", call.name, callText(call)))
    return [this.opening, ...text, ...calls, this.closing(reply, jobs)]
  }
}

/** The events of a reply that history has. */
export const eventsOfHistory = (id: ChatId, entries: ReadonlyArray<EntryRow>): ReadonlyArray<ChatStreamEvent> => {
  const messages = entries.map(({ content, name, role }) => messageOf(id, role, name ?? "", contentText(content)))
  const closing = closingOf(id, { finish_reason: finishOf(entries), usage: NO_USAGE }, [])
  return [openingOf(id, Recall.nothing), ...messages, closing]
}
