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

type Base = Pick<ChatStreamEvent, "id" | "finish_reason">

const baseOf = (id: ChatId): Base => ({ id, finish_reason: null })

const openingOf = (base: Base, recalled: Recall.Recalled): ChatStreamEvent => ({
  ...base,
  response: [[]],
  ...Recall.sourcesOf(recalled)
})

const closingOf = (
  base: Base,
  { finish_reason, usage }: Pick<ModelReply, "finish_reason" | "usage">,
  jobs: ReadonlyArray<string>
): ChatStreamEvent => ({ ...base, response: [[]], finish_reason, usage, jobs: jobs.map((job) => jobId(job)) })

const messageOf = (base: Base, role: string, name: string, content: string): ChatStreamEvent => ({
  ...base,
  response: [[{ role, name, content }]]
})

/** Collects a reply while it is written, and makes the events of its pieces. */
export class StreamedReply {
  text = ""
  private role: string | undefined
  private end: Extract<ModelEvent, { readonly _tag: "End" }> | undefined
  private readonly calls: Array<ModelToolCall> = []
  private readonly base: Base
  /** The first event, which names the sources. */
  readonly opening: ChatStreamEvent

  constructor(
    id: ChatId,
    private readonly name: string,
    recalled: Recall.Recalled
  ) {
    this.base = baseOf(id)
    this.opening = openingOf(this.base, recalled)
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
      events.push(begins ? messageOf(this.base, role, name, content) : { ...this.base, response: [[{ content }]] })
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
    return closingOf(this.base, reply, jobs)
  }

  /** All events of the reply, its text in one. */
  whole(reply: ModelReply, jobs: ReadonlyArray<string>): ReadonlyArray<ChatStreamEvent> {
    const text = this.text === "" ? [] : [messageOf(this.base, "assistant", this.name, this.text)]
    const calls = this.calls.map((call) => messageOf(this.base, "function_call", call.name, callText(call)))
    return [this.opening, ...text, ...calls, this.closing(reply, jobs)]
  }
}

/** The events of a reply that history has. */
export const eventsOfHistory = (id: ChatId, entries: ReadonlyArray<EntryRow>): ReadonlyArray<ChatStreamEvent> => {
  const base = baseOf(id)
  const messages = entries.map(({ content, name, role }) => messageOf(base, role, name ?? "", contentText(content)))
  const closing = closingOf(base, { finish_reason: finishOf(entries), usage: NO_USAGE }, [])
  return [openingOf(base, Recall.nothing), ...messages, closing]
}
