/** The runs of the manager of sessions, over its chats. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { HistoryPage } from "../../schema/api/SessionsApi.js"
import { type ChatInput, type ChatResponse, type ChatStreamEvent, chatInputOf } from "../../schema/Chat.js"
import type { ClaimToolCalls, ToolCallsClaimed } from "../../schema/Claim.js"
import { type ChatError, Conflict, type GetError, type RequestError } from "../../schema/Errors.js"
import { type ChatMLMessage, MessageId } from "../../schema/Message.js"
import type { SessionId } from "../../schema/Session.js"
import { type AccumulatedChat, collecting } from "../accumulate.js"
import { CurrentRequestOptions } from "../RequestOptions.js"
import * as History from "./history.js"
import type { AnyEffect, Approval, Run, RunError, RunEvent, RunOptions, RunServices, ToolSet } from "./Run.js"
import { openCalls, type ResumeOptions } from "./resume.js"
import * as Rounds from "./rounds.js"
import { settingsOf } from "./settings.js"

/** The operations of sessions that run tools. */
export interface Runs {
  /**
   * Chats until the model has answered: runs the tools that it calls and sends back their results. Errors and requirements
   * of the tools become those of the run. Wrong arguments and calls of unknown tools are answered to the model, so that it
   * corrects them. A tool that fails ends the run once those that run beside it have ended; an interruption interrupts the
   * tools. The results so far are stored, and `resume` goes on with the other calls.
   *
   * Under an idempotency key each round has a key of its own, made of it. A run that is repeated under the key runs no tool
   * again whose result was sent.
   *
   * @example
   * ```ts
   * import { type SessionId, Sessions, tool } from "effect-julep"
   * import { Effect, Schema } from "effect"
   *
   * const orderStatus = tool({
   *   description: "Looks up the state of an order by its number",
   *   input: { order_number: Schema.Int },
   *   execute: ({ order_number }) => Effect.succeed({ order_number, state: "shipped" })
   * })
   *
   * const ask = (session: SessionId, question: string) =>
   *   Effect.gen(function* () {
   *     const sessions = yield* Sessions
   *     const { text } = yield* sessions.run(session, question, { tools: { order_status: orderStatus } })
   *     return text
   *   })
   * ```
   */
  readonly run: <
    Tools extends ToolSet,
    Recovered extends AnyEffect<unknown> = never,
    Approved extends AnyEffect<Approval | undefined> = never
  >(
    id: SessionId,
    input: string | ChatInput,
    options: RunOptions<Tools, Recovered, Approved>
  ) => Effect.Effect<Run, ChatError | RunError<Tools, Recovered, Approved>, RunServices<Tools, Recovered, Approved>>
  /**
   * `run`, streamed: the events of all replies, with those of the tools between them, and last the outcome, which
   * `accumulateRun` returns. `deltaText` has the text of an event. Interrupting the stream stops the run.
   */
  readonly runStream: <
    Tools extends ToolSet,
    Recovered extends AnyEffect<unknown> = never,
    Approved extends AnyEffect<Approval | undefined> = never
  >(
    id: SessionId,
    input: string | ChatInput,
    options: RunOptions<Tools, Recovered, Approved>
  ) => Stream.Stream<
    RunEvent,
    RequestError | RunError<Tools, Recovered, Approved>,
    RunServices<Tools, Recovered, Approved>
  >
  /**
   * Goes on with the calls of the newest reply that have no result: a run was suspended for decisions, was interrupted, or
   * failed. Works in any process, because history has the calls. It claims them first, so that of two calls of `resume` only
   * one runs the tools: the other fails with `Conflict`, also if this program dies, unless `takeOverAfter` says otherwise; a
   * tool that failed may run again. If all calls have results and no reply came, it asks for the reply and runs nothing.
   *
   * Pass all tools of the run, and the same `approve`. A call that a run was suspended for stays suspended until a decision
   * or `approve` says otherwise; the server keeps its mark.
   *
   * Fails with `Conflict` if nothing is open, with `InvalidRequest` if the tool of a call that is allowed is missing, and with
   * `NotFound` if the server has no claims, which are beyond v0.3.
   *
   * @example
   * ```ts
   * import { type SessionId, Sessions, tool } from "effect-julep"
   * import { Effect, Schema } from "effect"
   *
   * const refund = tool({
   *   description: "Refunds an order",
   *   input: { order_number: Schema.Int },
   *   needsApproval: true,
   *   execute: () => Effect.succeed("refunded")
   * })
   *
   * const ask = (session: SessionId, question: string) =>
   *   Effect.gen(function* () {
   *     const sessions = yield* Sessions
   *     const run = yield* sessions.run(session, question, { tools: { refund } })
   *     if (run.status === "completed") return run.text
   *     // Any other process may do this, once the decision is made.
   *     const decisions = Object.fromEntries(run.calls.map(({ message_id }) => [message_id, "allow" as const]))
   *     return (yield* sessions.resume(session, { tools: { refund }, decisions })).text
   *   })
   * ```
   */
  readonly resume: <
    Tools extends ToolSet,
    Recovered extends AnyEffect<unknown> = never,
    Approved extends AnyEffect<Approval | undefined> = never
  >(
    id: SessionId,
    options: RunOptions<Tools, Recovered, Approved> & ResumeOptions
  ) => Effect.Effect<Run, ChatError | RunError<Tools, Recovered, Approved>, RunServices<Tools, Recovered, Approved>>
  /** `resume`, streamed like `runStream`. */
  readonly resumeStream: <
    Tools extends ToolSet,
    Recovered extends AnyEffect<unknown> = never,
    Approved extends AnyEffect<Approval | undefined> = never
  >(
    id: SessionId,
    options: RunOptions<Tools, Recovered, Approved> & ResumeOptions
  ) => Stream.Stream<
    RunEvent,
    RequestError | RunError<Tools, Recovered, Approved>,
    RunServices<Tools, Recovered, Approved>
  >
}

/** The operations of a session that runs are made of. */
interface Chats {
  readonly chat: (id: SessionId, input: ChatInput) => Effect.Effect<ChatResponse, ChatError>
  readonly chatStream: (id: SessionId, input: ChatInput) => Stream.Stream<ChatStreamEvent, RequestError>
  readonly history: (id: SessionId, query: HistoryPage) => Effect.Effect<ReadonlyArray<ChatMLMessage>, GetError>
  readonly historyAll: (id: SessionId) => Stream.Stream<ChatMLMessage, GetError>
  readonly claim: (id: SessionId, calls: ClaimToolCalls) => Effect.Effect<ToolCallsClaimed, ChatError>
  /** The names of the tools of the session's agent. */
  readonly toolNames: (id: SessionId) => Effect.Effect<ReadonlyArray<string>, GetError>
}

/** The results of a later round are those of this run; the key has those of another one, which ran at the same time. */
const inRound =
  (round: number) =>
  <E>(error: E): E | Conflict =>
    round > 0 && error instanceof Conflict && error.code === "IDEMPOTENCY_KEY_REUSED"
      ? new Conflict({
          ...error,
          message:
            "Another run under this idempotency key ran its tools at the same time and sent its results first. Run again under the key for its answer."
        })
      : error

/** What both ways to chat have. */
const ofSession = (chats: Chats, id: SessionId) => ({
  history: History.make(chats, id),
  claim: (ids: ReadonlyArray<string>, more: Omit<ClaimToolCalls, "message_ids">) =>
    ids.length === 0
      ? Effect.succeed(undefined)
      : Effect.map(
          chats.claim(id, { ...more, message_ids: ids.map((each) => MessageId.make(each)) }),
          ({ claimed_at }) => claimed_at
        )
})

const whole = (chats: Chats, id: SessionId): Rounds.Conversation<ChatResponse, ChatError> => ({
  ...ofSession(chats, id),
  ask: (input, round, options, andThen) =>
    Stream.unwrap(
      chats
        .chat(id, input)
        .pipe(
          Effect.mapError(inRound(round)),
          Effect.provideService(CurrentRequestOptions, options),
          Effect.map(andThen)
        )
    )
})

const streamed = (chats: Chats, id: SessionId): Rounds.Conversation<AccumulatedChat, RequestError> => ({
  ...ofSession(chats, id),
  ask: (input, round, options, andThen) =>
    Stream.suspend(() => {
      const { events, reply } = collecting(Stream.mapError(chats.chatStream(id, input), inRound(round)))
      return Stream.concat(
        Stream.provideService(
          Stream.map(events, (event): RunEvent => ({ ...event, type: "reply", round })),
          CurrentRequestOptions,
          options
        ),
        Stream.unwrap(Effect.map(reply, andThen))
      )
    })
})

const outcomeOf = <Reply, E, R>(events: Stream.Stream<RunEvent<Reply>, E, R>): Effect.Effect<Run<Reply>, E, R> =>
  // The last event of a run that does not fail has its outcome.
  Effect.map(Stream.runLast(events), (last) =>
    Option.getOrThrow(Option.flatMap(last, (event) => ("run" in event ? Option.some(event.run) : Option.none())))
  )

/**
 * The outcome of a streamed run. Fails with the errors of the stream.
 *
 * @example
 * ```ts
 * import { accumulateRun, type SessionId, Sessions } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const ask = (session: SessionId, question: string) =>
 *   Effect.flatMap(Sessions, (sessions) => accumulateRun(sessions.runStream(session, question, { tools: {} })))
 * ```
 */
export const accumulateRun = <E, R>(events: Stream.Stream<RunEvent, E, R>): Effect.Effect<Run<AccumulatedChat>, E, R> =>
  outcomeOf(events)

/** Makes the runs of sessions. */
export const make = (chats: Chats): Runs => {
  /** The options of a run, and the tools that the model has beyond them; the agent's are read if they are asked for. */
  const settingsFor = (id: SessionId, options: object, tools: ChatInput["tools"] = []) => {
    const ofChat = tools.flatMap(({ function: definition }) => (definition === undefined ? [] : [definition.name]))
    return Effect.flatMap(Effect.cached(chats.toolNames(id)), (ofAgent) =>
      settingsOf<never, never>(
        options,
        Effect.map(ofAgent, (names) => [...ofChat, ...names])
      )
    )
  }

  const start = <Reply extends Rounds.AnyReply, Failure>(
    conversation: Rounds.Conversation<Reply, Failure>,
    id: SessionId,
    given: string | ChatInput,
    options: object
  ) =>
    Stream.suspend(() => {
      const input = chatInputOf(given)
      return Stream.unwrap(
        Effect.map(settingsFor(id, options, input.tools), (settings) =>
          Rounds.make(conversation, settings).start(input)
        )
      )
    })

  const resume = <Reply extends Rounds.AnyReply, Failure>(
    conversation: Rounds.Conversation<Reply, Failure>,
    id: SessionId,
    options: ResumeOptions
  ) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const settings = yield* settingsFor(id, options, options?.settings?.tools)
        const open = yield* openCalls(id, conversation.history, conversation.claim, options)
        return Rounds.make(conversation, settings).resume(open, options.settings ?? {})
      })
    )

  const spanOf = (id: SessionId) => ({ attributes: { "julep.session_id": id } })

  return {
    run: (id, input, options) =>
      Effect.withSpan(outcomeOf(start(whole(chats, id), id, input, options)), "Julep.sessions.run", spanOf(id)),
    runStream: (id, input, options) =>
      Stream.withSpan(start(streamed(chats, id), id, input, options), "Julep.sessions.runStream", spanOf(id)),
    resume: (id, options) =>
      Effect.withSpan(outcomeOf(resume(whole(chats, id), id, options)), "Julep.sessions.resume", spanOf(id)),
    resumeStream: (id, options) =>
      Stream.withSpan(resume(streamed(chats, id), id, options), "Julep.sessions.resumeStream", spanOf(id))
  }
}
