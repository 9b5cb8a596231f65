/** The turns of sessions: whole, streamed, or rendered only. Each waits for the turns of its session before it. */
import * as Arr from "effect/Array"
import * as Brand from "effect/Brand"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ChatId, ChatRequest, ChatResponse, ChatStreamEvent, RenderedChat } from "../../../schema/Chat.js"
import type { ClaimToolCalls, ToolCallsClaimed } from "../../../schema/Claim.js"
import type { JobId } from "../../../schema/Job.js"
import type { ExplainedPrompt } from "../../../schema/Prompt.js"
import type { SessionId } from "../../../schema/Session.js"
import { Ids } from "../../ports/Ids.js"
import { Model, ModelError } from "../../ports/Model.js"
import * as OpenAi from "../../ports/OpenAi.js"
import { type BegunTurn, type Fence, Storage } from "../../ports/Storage.js"
import * as Metrics from "../../telemetry/Metrics.js"
import { withSpan, withStreamSpan } from "../../telemetry/Spans.js"
import type { Failure } from "../Failure.js"
import type { Attempt } from "../Idempotency.js"
import * as Budget from "../prompt/Budget.js"
import * as Explain from "../prompt/Explain.js"
import type { RecentPrompts } from "../prompt/RecentPrompts.js"
import * as ToolNames from "../prompt/ToolNames.js"
import * as Recall from "../recall/Recall.js"
import { toMessage } from "../resources/Messages.js"
import * as Assemble from "./Assemble.js"
import * as Claims from "./Claims.js"
import { stalledStream } from "./EventBuffer.js"
import { openMasked, type Restore, type Writer } from "./OpenStream.js"
import * as Record from "./Record.js"
import { type Held, SessionQueue } from "./SessionQueue.js"
import * as StoredReply from "./StoredReply.js"
import { eventsOfHistory, StreamedReply } from "./StreamedReply.js"
import { StreamOpening } from "./StreamOpening.js"
import { attributesOf, type CheckedRequest, type Turn } from "./Turn.js"
import { notEmpty, responseOfHistory } from "./TurnReply.js"

/** A model's stream without `End`: nothing says that the reply is whole. */
const unended = new ModelError({
  reason: "unavailable",
  message: "The model's stream ended without an End event, so its reply may not be whole."
})

const stalled = stalledStream("The session's history has the whole reply.")

const chatId = Brand.nominal<ChatId>()
const jobId = Brand.nominal<JobId>()

/** The attempt at a streamed chat under a key: what it keeps is the list of its events. */
export type StreamAttempt = Attempt<ReadonlyArray<ChatStreamEvent>>

/** A request for a whole reply. */
interface WholeRequest {
  readonly id: ChatId
  readonly developer: string
  readonly session: SessionId
  readonly request: ChatRequest
  readonly attempt: Attempt<ChatResponse> | undefined
}

/** A streamed response while it is written. It is opened with the first event of the model. */
interface Response extends Writer<ChatStreamEvent, void> {
  readonly id: ChatId
  readonly attempt: StreamAttempt | undefined
}

export const make = Effect.fnUntraced(function* (recent: RecentPrompts) {
  const ids = yield* Ids
  const storage = yield* Storage
  const opening = yield* StreamOpening
  const { assemble, check, hold, measuring, read, validate } = yield* Assemble.make
  const model = measuring(ToolNames.renaming(yield* Model))
  const { recordMessages, recordPartial, recordRefusal, recordTurn } = yield* Record.make
  const queue = new SessionQueue(storage.turns)
  const claims = yield* Claims.make
  const repliedBefore = yield* StoredReply.make

  const begin = (checked: CheckedRequest, fence: Fence) => Effect.tap(assemble(checked, fence), recordMessages)

  /** What the model of a turn is sent, if its request asks for that. */
  const explained = (turn: Turn): { readonly prompt?: ExplainedPrompt } =>
    turn.request.explain === true
      ? { prompt: Explain.explain({ ...turn, request: ToolNames.withAcceptedNames(turn.modelRequest) }) }
      : {}

  /** The same, kept among the last prompts of the session. */
  const explaining = (turn: Turn, chat_id: ChatId) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const { prompt } = explained(turn)
      if (prompt === undefined) return {}
      recent.add(turn.developer, turn.id, { chat_id, created_at: new Date(now), prompt })
      return { prompt }
    })

  /** Marks the messages of a turn that the endpoint refuses. Those of any other failed turn can be sent again. */
  const refusing =
    (turn: Turn) =>
    (failure: Failure): Effect.Effect<void> =>
      failure._tag === "ModelError" && failure.reason === "invalid_request"
        ? Effect.catchAll(recordRefusal(turn), (error) => Effect.logError("The refusal could not be stored", error))
        : Effect.void

  /** The prompt of a turn that has begun. */
  const promptOf = Effect.fnUntraced(function* (
    { fence, participants }: BegunTurn,
    developer: string,
    id: SessionId,
    request: ChatRequest
  ) {
    const turn = yield* assemble(yield* check(developer, id, request, participants), fence)
    const { count, messageNames, modelRequest, recalled } = turn
    const sent = ToolNames.withAcceptedNames(modelRequest)
    const rendered: RenderedChat = {
      model: sent.model,
      messages: sent.messages.map(messageNames ? OpenAi.namedMessageOf : OpenAi.messageOf),
      tools: sent.tools.map(OpenAi.toolOf),
      prompt_tokens: Budget.costOfPrompt(modelRequest.messages, count),
      ...Recall.sourcesOf(recalled),
      ...explained(turn)
    }
    return rendered
  })

  /** Makes the prompt of a turn and does not run the turn. */
  const render = (developer: string, id: SessionId, request: ChatRequest) =>
    queue.run(developer, id, "the rendering of a prompt", hold(developer, id), (begun) =>
      promptOf(begun, developer, id, request)
    )

  /** The reply of a turn that has begun. */
  const answer = Effect.fnUntraced(function* (
    { fence, participants }: BegunTurn,
    { attempt, developer, id, request, session }: WholeRequest
  ) {
    const checked = yield* check(developer, session, request, participants, attempt?.key)
    const known = yield* repliedBefore(checked)
    if (Option.isSome(known)) return responseOfHistory(id, known.value)
    const turn = yield* begin(checked, fence)
    const prompt = yield* explaining(turn, id)
    const reply = yield* withSpan(
      "chat.model",
      attributesOf(turn)
    )(model.complete(turn.modelRequest)).pipe(Effect.flatMap(notEmpty), Effect.tapError(refusing(turn)))
    yield* Metrics.tokensUsed(reply.usage)
    const report = ({ entries, jobs }: Record.Recorded) => {
      const response: ChatResponse = {
        id,
        finish_reason: reply.finish_reason,
        response: [Arr.map(entries, toMessage)],
        usage: reply.usage,
        jobs: jobs.map((job) => jobId(job)),
        ...Recall.sourcesOf(turn.recalled)
      }
      const sent = { ...response, ...prompt }
      // What is kept under a key is in the store, which holds no prompts.
      return attempt === undefined ? Effect.succeed(sent) : Effect.as(attempt.keep(response), sent)
    }
    return yield* recordTurn(turn, reply, { writes: attempt !== undefined, of: report })
  })

  /** One turn, answered with the whole reply. */
  const complete = (developer: string, session: SessionId, request: ChatRequest, attempt?: Attempt<ChatResponse>) =>
    Effect.flatMap(ids.next, (next) => {
      const whole = { id: chatId(next), developer, session, request, attempt }
      return queue.run(developer, session, `chat ${whole.id}`, hold(developer, session), (begun) =>
        answer(begun, whole)
      )
    })

  /** Writes the reply of a turn into the response and records it. If the reply breaks off, what has arrived is stored. */
  const writeReply = Effect.fnUntraced(function* (turn: Turn, { attempt, id, offer, open }: Response) {
    const written = new StreamedReply(id, turn.agent.name, turn.recalled)
    let recorded = false
    const closing = Effect.suspend(() => {
      const whole = written.reply
      if (whole === undefined) return Effect.fail(unended)
      return Effect.flatMap(notEmpty(whole), (reply) => {
        const report = ({ jobs }: Record.Recorded) => {
          const kept = attempt === undefined ? Effect.void : attempt.keep(written.whole(reply, jobs))
          return Effect.as(kept, written.closing(reply, jobs))
        }
        return recordTurn(turn, reply, { writes: attempt !== undefined, of: report }).pipe(
          Effect.tap((last) => {
            recorded = true
            return Effect.zipRight(Metrics.tokensUsed(reply.usage), offer([last], 0))
          })
        )
      })
    })
    const brokenOff = (failure: Cause.Cause<Failure>) => {
      if (recorded) return Effect.void
      if (written.text === "")
        return Option.match(Cause.failureOption(failure), { onNone: () => Effect.void, onSome: refusing(turn) })
      return Effect.catchAll(recordPartial(turn, written.text), (error) =>
        Effect.logError("The partial reply could not be stored", error)
      )
    }
    yield* offer([{ ...written.opening, ...(yield* explaining(turn, id)) }], 0)
    yield* model.stream(turn.modelRequest).pipe(
      withStreamSpan("chat.model", attributesOf(turn)),
      Stream.runForEachChunk((pieces) => {
        const { characters, events } = written.add(pieces)
        if (events.length > 0) open()
        return offer(events, characters)
      }),
      // A reply that is stored must not be stored again as a partial one.
      Effect.zipRight(Effect.uninterruptible(closing)),
      Effect.onError(brokenOff)
    )
  })

  const write = (checked: CheckedRequest, fence: Fence, response: Response) =>
    Effect.flatMap(repliedBefore(checked), (known) =>
      Option.isSome(known)
        ? response.offer(eventsOfHistory(response.id, known.value), 0)
        : Effect.flatMap(begin(checked, fence), (turn) => writeReply(turn, response))
    )

  /** Begins a streamed turn if none is ahead. A request that cannot be carried out fails before it waits. */
  const beginOrCheck = Effect.fnUntraced(function* (
    developer: string,
    session: SessionId,
    place: Held<BegunTurn>,
    checking: (there: BegunTurn["participants"]) => ReturnType<typeof check>
  ) {
    const begun = yield* place.begin
    const checked = yield* checking(Option.isSome(begun) ? begun.value.participants : yield* read(developer, session))
    if (Option.isNone(begun)) yield* validate(checked)
    return { begun, checked }
  })

  const openTurn = Effect.fnUntraced(function* (
    restore: Restore,
    developer: string,
    session: SessionId,
    request: ChatRequest,
    attempt: StreamAttempt | undefined
  ) {
    const id = chatId(yield* ids.next)
    const place = yield* queue.enter(developer, session, `chat ${id}`, hold(developer, session))
    const done = Effect.zipRight(place.leave, attempt === undefined ? Effect.void : attempt.release)
    const checking = (there: BegunTurn["participants"]) => check(developer, session, request, there, attempt?.key)
    const { begun, checked } = yield* restore(beginOrCheck(developer, session, place, checking)).pipe(
      Effect.onError(() => done)
    )
    const options = { opening, stalled, outlivesReader: true, onExit: done }
    const { events } = yield* openMasked<ChatStreamEvent, void, Failure>(restore, options, (writer) => {
      const response = { attempt, id, ...writer }
      return Option.match(begun, {
        onSome: ({ fence }) => write(checked, fence, response),
        // The turns before may have changed the rows that were read, and this turn is dated after them.
        onNone: () =>
          Effect.flatMap(place.wait, ({ fence, participants }) =>
            Effect.flatMap(checking(participants), (current) => write(current, fence, response))
          )
      })
    })
    return events
  })

  /**
   * One turn, streamed as the reply is written. Succeeds with the model's first event, or after `StreamOpening`, and
   * fails with any failure before, while the response can still have a status. The model is read by a fiber of its own,
   * so that a reader that stalls holds no other turn. It ends with the scope of the response, which may never be read.
   */
  const stream = (developer: string, session: SessionId, request: ChatRequest, attempt?: StreamAttempt) =>
    Effect.uninterruptibleMask((restore) => openTurn(restore, developer, session, request, attempt))

  /** Claims calls after the turns ahead, which may answer them. No transaction is open while it waits. */
  const claim = (developer: string, session: SessionId, calls: ClaimToolCalls, attempt?: Attempt<ToolCallsClaimed>) => {
    const kept = (fence: Fence) => {
      const claiming = claims(developer, session, calls, fence)
      return attempt === undefined ? claiming : Effect.tap(claiming, attempt.keep)
    }
    return queue.run(developer, session, "a claim of tool calls", storage.turns.hold(developer, session), (fence) =>
      storage.transaction(kept(fence))
    )
  }

  return { claim, complete, render, stream }
})
