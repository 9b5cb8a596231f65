/** The turns of sessions: whole, streamed, or rendered only. Each waits for the turns of its session before it. */
import * as Arr from "effect/Array"
import * as Brand from "effect/Brand"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ChatId, ChatRequest, ChatResponse, ChatStreamEvent, RenderedChat } from "../../../schema/Chat.js"
import type { JobId } from "../../../schema/Job.js"
import type { SessionId } from "../../../schema/Session.js"
import { Ids } from "../../ports/Ids.js"
import { Model, type ModelEvent, type ModelToolCall } from "../../ports/Model.js"
import * as OpenAi from "../../ports/OpenAi.js"
import * as Metrics from "../../telemetry/Metrics.js"
import { withSpan, withStreamSpan } from "../../telemetry/Spans.js"
import type { Failure } from "../Failure.js"
import * as Budget from "../prompt/Budget.js"
import * as ToolNames from "../prompt/ToolNames.js"
import * as Recall from "../recall/Recall.js"
import * as Assemble from "./Assemble.js"
import * as Record from "./Record.js"
import { SessionQueue } from "./SessionQueue.js"
import { callText, toMessage } from "./TurnReply.js"

const chatId = Brand.nominal<ChatId>()
const jobId = Brand.nominal<JobId>()

export const make = Effect.gen(function* () {
  const ids = yield* Ids
  const model = ToolNames.renaming(yield* Model)
  const { assemble, check, validate } = yield* Assemble.make
  const { recordMessages, recordPartial, recordTurn } = yield* Record.make
  const queue = new SessionQueue()

  const begin = (checked: Assemble.CheckedRequest) => Effect.tap(assemble(checked), recordMessages)

  /** Makes the prompt of a turn and does not run the turn. */
  const render = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    yield* queue.turn(`${developer} ${id}`)
    const { count, modelRequest, recalled } = yield* Effect.flatMap(check(developer, id, request), assemble)
    const sent = ToolNames.withAcceptedNames(modelRequest)
    const rendered: RenderedChat = {
      model: sent.model,
      messages: sent.messages.map(OpenAi.messageOf),
      tools: sent.tools.map(OpenAi.toolOf),
      prompt_tokens: Budget.costOfPrompt(modelRequest.messages, count),
      ...Recall.sourcesOf(recalled)
    }
    return rendered
  }, Effect.scoped)

  /** One turn, answered with the whole reply. */
  const complete = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    yield* queue.turn(`${developer} ${id}`)
    const turn = yield* Effect.flatMap(check(developer, id, request), begin)
    const reply = yield* withSpan("chat.model", Assemble.attributesOf(turn))(model.complete(turn.modelRequest))
    yield* Metrics.tokensUsed(reply.usage)
    const { entries, jobs } = yield* recordTurn(turn, reply)
    const response: ChatResponse = {
      id: chatId(yield* ids.next),
      finish_reason: reply.finish_reason,
      response: [Arr.map(entries, toMessage)],
      usage: reply.usage,
      jobs: jobs.map((job) => jobId(job)),
      ...Recall.sourcesOf(turn.recalled)
    }
    return response
  }, Effect.scoped)

  /**
   * One turn, streamed as the reply is written. The effect fails if the request cannot be carried out, while the response
   * can still have a status; the turn itself starts with the stream. If a reply breaks off, what has arrived is stored.
   */
  const stream = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    const checked = yield* check(developer, id, request)
    yield* validate(checked)
    const reply = chatId(yield* ids.next)
    return Stream.unwrapScoped(
      queue.turn(`${developer} ${id}`).pipe(
        // The turns before may have changed the rows that were read, and this turn is dated after them.
        Effect.flatMap((waited) => (waited ? check(developer, id, request) : Effect.succeed(checked))),
        Effect.flatMap(begin),
        Effect.map((turn) => streamReply(turn, { id: reply, finish_reason: null }))
      )
    )
  })

  const streamReply = (turn: Assemble.Turn, base: Pick<ChatStreamEvent, "id" | "finish_reason">) =>
    Stream.suspend((): Stream.Stream<ChatStreamEvent, Failure> => {
      let text = ""
      let role: string | undefined
      let end: Extract<ModelEvent, { readonly _tag: "End" }> | undefined
      let recorded = false
      const calls: Array<ModelToolCall> = []
      const opening: ChatStreamEvent = { ...base, response: [[]], ...Recall.sourcesOf(turn.recalled) }

      const delta = (next: string, content: string): ChatStreamEvent => {
        const begins = next === "function_call" || role !== next
        role = next
        return { ...base, response: [[begins ? { role: next, name: turn.agent.name, content } : { content }]] }
      }
      const onEvent = (event: ModelEvent): Option.Option<ChatStreamEvent> => {
        switch (event._tag) {
          case "Text":
            text += event.text
            return Option.some(delta("assistant", event.text))
          case "Call":
            calls.push(event.call)
            return Option.some(delta("function_call", callText(event.call)))
          case "End":
            end = event
            return Option.none()
        }
      }
      const deltas = model
        .stream(turn.modelRequest)
        .pipe(withStreamSpan("chat.model", Assemble.attributesOf(turn)), Stream.mapChunks(Chunk.filterMap(onEvent)))
      /** Uninterruptible: a reply that is stored must not be stored again as a partial one. */
      const closing = Effect.suspend(() => {
        if (end === undefined) return Effect.succeedNone
        const { extra, finish_reason, usage } = end
        return recordTurn(turn, { content: text, tool_calls: calls, ...(extra === undefined ? {} : { extra }) }).pipe(
          Effect.zipLeft(Metrics.tokensUsed(usage)),
          Effect.map(({ jobs }) => {
            recorded = true
            return Option.some<ChatStreamEvent>({
              ...base,
              response: [[]],
              finish_reason,
              usage,
              jobs: jobs.map((job) => jobId(job))
            })
          })
        )
      }).pipe(Effect.uninterruptible)
      const partial = Effect.suspend(() => (recorded ? Effect.void : recordPartial(turn, text))).pipe(
        Effect.catchAll((error) => Effect.logError("The partial reply could not be stored", error))
      )
      return Stream.make(opening).pipe(
        Stream.concat(deltas),
        Stream.concat(Stream.filterMap(Stream.fromEffect(closing), (event) => event)),
        Stream.ensuring(partial)
      )
    })

  return { complete, render, stream }
})
