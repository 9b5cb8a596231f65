/** The runs of the manager of sessions, over its chats. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { HistoryPage } from "../../schema/api/SessionsApi.js"
import { type ChatInput, type ChatResponse, type ChatStreamEvent, chatInputOf } from "../../schema/Chat.js"
import type { RequestError } from "../../schema/Errors.js"
import type { ChatMLMessage } from "../../schema/Message.js"
import type { SessionId } from "../../schema/Session.js"
import { type AccumulatedChat, accumulateChat } from "../accumulate.js"
import { CurrentRequestOptions } from "../RequestOptions.js"
import type { Settings } from "./calls.js"
import type { AnyEffect, Approval, Run, RunError, RunEvent, RunOptions, RunServices, ToolSet } from "./Run.js"
import * as Rounds from "./rounds.js"

/** The operations of sessions that run tools. */
export interface Runs {
  /**
   * Chats until the model has answered: runs the tools that it calls and sends back their results. Errors and requirements
   * of the tools become those of the run. Wrong arguments and calls of unknown tools are answered to the model, so that it
   * corrects them. An interruption interrupts the tools; the session can be used on, and `resume` goes on with the calls.
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
    Approved extends AnyEffect<Approval> = never
  >(
    id: SessionId,
    input: string | ChatInput,
    options: RunOptions<Tools, Recovered, Approved>
  ) => Effect.Effect<Run, RequestError | RunError<Tools, Recovered, Approved>, RunServices<Tools, Recovered, Approved>>
  /**
   * `run`, streamed: the events of all replies, with those of the tools between them, and last the outcome, which
   * `accumulateRun` returns. `deltaText` has the text of an event. Interrupting the stream stops the run.
   */
  readonly runStream: <
    Tools extends ToolSet,
    Recovered extends AnyEffect<unknown> = never,
    Approved extends AnyEffect<Approval> = never
  >(
    id: SessionId,
    input: string | ChatInput,
    options: RunOptions<Tools, Recovered, Approved>
  ) => Stream.Stream<
    RunEvent,
    RequestError | RunError<Tools, Recovered, Approved>,
    RunServices<Tools, Recovered, Approved>
  >
}

/** The operations of a session that runs are made of. */
interface Chats {
  readonly chat: (id: SessionId, input: ChatInput) => Effect.Effect<ChatResponse, RequestError>
  readonly chatStream: (id: SessionId, input: ChatInput) => Stream.Stream<ChatStreamEvent, RequestError>
  readonly history: (id: SessionId, query: HistoryPage) => Effect.Effect<ReadonlyArray<ChatMLMessage>, RequestError>
  readonly historyAll: (id: SessionId) => Stream.Stream<ChatMLMessage, RequestError>
}

const PAGE = 100

/** The newest messages of a session, the oldest of them first. Servers that ignore `order` send the oldest page first. */
const newest = ({ history, historyAll }: Chats, id: SessionId) =>
  Effect.flatMap(
    history(id, { order: "desc", limit: PAGE }),
    (page): Effect.Effect<ReadonlyArray<ChatMLMessage>, RequestError> => {
      const [first, last] = [page.at(0), page.at(-1)]
      const isOldestFirst = first !== undefined && last !== undefined && first.created_at < last.created_at
      if (!isOldestFirst) return Effect.succeed(page.toReversed())
      return page.length < PAGE
        ? Effect.succeed(page)
        : Effect.map(Stream.runCollect(historyAll(id)), Chunk.toReadonlyArray)
    }
  )

const whole = (chats: Chats, id: SessionId): Rounds.Conversation<ChatResponse> => ({
  history: newest(chats, id),
  ask: (input, _round, options, andThen) =>
    Stream.unwrap(Effect.map(Effect.provideService(chats.chat(id, input), CurrentRequestOptions, options), andThen))
})

const streamed = (chats: Chats, id: SessionId): Rounds.Conversation<AccumulatedChat> => ({
  history: newest(chats, id),
  ask: (input, round, options, andThen) =>
    Stream.suspend(() => {
      const events: Array<ChatStreamEvent> = []
      const reply = Stream.map(chats.chatStream(id, input), (event): RunEvent => {
        events.push(event)
        return { ...event, type: "reply", round }
      })
      return Stream.concat(
        Stream.provideService(reply, CurrentRequestOptions, options),
        Stream.unwrap(
          Effect.map(
            Effect.suspend(() => accumulateChat(Stream.fromIterable(events))),
            andThen
          )
        )
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

/** Options with one type for all errors and one for all services. The record of the tools determines them. */
const settingsOf = <E, R>(options: object): Settings<E, R> => options as Settings<E, R>

/** Makes the runs of sessions. */
export const make = (chats: Chats): Runs => ({
  run: (id, input, options) =>
    outcomeOf(Rounds.make(whole(chats, id), settingsOf<never, never>(options)).start(chatInputOf(input))).pipe(
      Effect.withSpan("Julep.sessions.run", { attributes: { "julep.session_id": id } })
    ),
  runStream: (id, input, options) =>
    Rounds.make(streamed(chats, id), settingsOf<never, never>(options))
      .start(chatInputOf(input))
      .pipe(Stream.withSpan("Julep.sessions.runStream", { attributes: { "julep.session_id": id } }))
})
