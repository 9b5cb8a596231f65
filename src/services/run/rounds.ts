/** The loop of a run: a reply, the results of its calls, and a chat with these, until a reply has no calls. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ChatInput, ChatResponse } from "../../schema/Chat.js"
import { type ChatError, type GetError, InvalidRequest } from "../../schema/Errors.js"
import { type ChatMLMessage, contentText, type InputChatMLMessage } from "../../schema/Message.js"
import type { AccumulatedChat } from "../accumulate.js"
import { CurrentRequestOptions, type RequestOptions } from "../RequestOptions.js"
import { usageOf } from "../usage.js"
import { plan, runCalls } from "./calls.js"
import { newestBatch, sameCalls } from "./openCalls.js"
import {
  type Approval,
  MaxRoundsExceeded,
  type Round,
  type RunEvent,
  type SuspendedCall,
  type ToolResult
} from "./Run.js"
import { withResumed } from "./resumed.js"
import type { Settings } from "./settings.js"
import { callsIn, type FoundCall } from "./toolCalls.js"

export type AnyReply = ChatResponse | AccumulatedChat

type Results = ReadonlyMap<FoundCall, ToolResult>

/** How a run chats: whole replies, or streamed ones, whose events come before the rest of the run. */
export interface Conversation<Reply, Failure> {
  readonly ask: <E, R>(
    input: ChatInput,
    round: number,
    options: RequestOptions,
    andThen: (reply: Reply) => Stream.Stream<RunEvent<Reply>, E, R>
  ) => Stream.Stream<RunEvent<Reply>, Failure | E, R>
  /** The newest messages of the session, the oldest of them first. */
  readonly history: Effect.Effect<ReadonlyArray<ChatMLMessage>, GetError>
}

/** Calls to answer, and what is known about them. */
export interface Open {
  readonly calls: ReadonlyArray<FoundCall>
  /** Results that were sent before. */
  readonly results: Results
  /** Decisions that were made before. */
  readonly decided: (call: FoundCall) => Approval | undefined
  /** Runs between the decisions and the first tool. */
  readonly claim: (calls: ReadonlyArray<FoundCall>) => Effect.Effect<void, ChatError>
  /** Whether history has the calls. */
  readonly recorded: boolean
}

const messagesOf = (reply: AnyReply | undefined) => reply?.response[0] ?? []

/** What every outcome of a run has. */
const summaryOf = <Reply extends AnyReply>(rounds: ReadonlyArray<Round<Reply>>) => ({
  text: messagesOf(rounds.at(-1)?.reply)
    .flatMap(({ content, role }) => (role === "function_call" ? [] : [contentText(content)]))
    .join("\n"),
  rounds,
  usage: usageOf(rounds.map(({ reply }) => reply))
})

/** Results as messages. */
const resultMessages = (calls: ReadonlyArray<FoundCall>, results: Results): ReadonlyArray<InputChatMLMessage> =>
  calls.flatMap((found) => {
    const result = results.get(found)
    if (result === undefined) return []
    const { content, id, name } = result
    return [{ role: "function", name, content, ...(found.hasId ? { tool_call_id: id } : {}) }]
  })

/** A reply as messages of a request. */
const replyMessages = (reply: AnyReply): ReadonlyArray<InputChatMLMessage> =>
  messagesOf(reply).map(({ content, role }) => ({
    role: role === "function_call" ? "function_call" : "assistant",
    content
  }))

const unrecorded = () => {
  const message = "A chat with record: false cannot be suspended, because no history has its calls."
  return new InvalidRequest({ message, issues: [{ path: "record", message }] })
}

/** The rounds of a run in a conversation. */
export const make = <Reply extends AnyReply, Failure, E, R>(
  conversation: Conversation<Reply, Failure>,
  settings: Settings<E, R>
) => {
  const { maxRounds = 8 } = settings
  type Events = Stream.Stream<RunEvent<Reply>, Failure | ChatError | MaxRoundsExceeded | E, R>

  /** The calls that wait for a decision, with the ids of their messages. Streamed replies have none, but history has. */
  const suspended = (
    waiting: ReadonlyArray<FoundCall>,
    { calls, recorded }: Open,
    rounds: ReadonlyArray<Round<Reply>>
  ) =>
    Effect.gen(function* () {
      if (!recorded) return yield* unrecorded()
      const known = calls.every(({ message_id }) => message_id !== undefined)
      const stored = known ? calls : newestBatch(yield* conversation.history, sameCalls(calls))?.calls
      const open = waiting.flatMap((found): ReadonlyArray<SuspendedCall> => {
        const message_id = stored?.[calls.indexOf(found)]?.message_id
        return message_id === undefined ? [] : [{ ...found.call, message_id }]
      })
      const event: RunEvent<Reply> = {
        type: "suspended",
        run: { status: "suspended", ...summaryOf(rounds), calls: open }
      }
      return event
    })

  /** Answers calls, unless one of them waits for a decision: then none of them runs. */
  const answer = (open: Open, rounds: ReadonlyArray<Round<Reply>>, andThen: (results: Results) => Events): Events =>
    Stream.unwrap(
      Effect.gen(function* () {
        const left = open.calls.filter((found) => !open.results.has(found))
        const plans = yield* Effect.forEach(left, (found) => plan(settings, found, open.decided(found)))
        const waiting = plans.filter(({ approval }) => approval === "suspend").map(({ found }) => found)
        if (waiting.length > 0) return Stream.fromEffect(suspended(waiting, open, rounds))
        yield* open.claim(left)
        const results = new Map(open.results)
        return Stream.concat(
          runCalls(plans, results, Math.max(0, rounds.length - 1), settings),
          Stream.suspend(() => andThen(results))
        )
      })
    )

  /** The chat with the results of a reply. One that is not recorded sends everything again, because history has nothing. */
  const inputAfter = (input: ChatInput, reply: Reply, results: ReadonlyArray<InputChatMLMessage>): ChatInput => {
    const { messages, tool_choice, ...rest } = input
    const sent = rest.record === false ? [...messages, ...replyMessages(reply), ...results] : results
    // A choice that demands a call would demand one of every reply.
    return { ...rest, ...(tool_choice === "none" ? { tool_choice } : {}), messages: sent }
  }

  const chatting = (input: ChatInput, options: RequestOptions, before: ReadonlyArray<Round<Reply>>): Events => {
    const key = options.idempotencyKey
    // Each round of a run under a key has a key of its own.
    const own = key === undefined || before.length === 0 ? key : `${key}#${before.length}`
    return conversation.ask(input, before.length, { ...options, idempotencyKey: own }, (reply): Events => {
      const calls = callsIn(messagesOf(reply))
      const rounds = [...before, { reply, results: [] }]
      const summary = summaryOf(rounds)
      if (calls.length === 0)
        return Stream.succeed({ type: "completed", run: { status: "completed", ...summary, reply } })
      if (rounds.length >= maxRounds) {
        const message = `The model still calls tools after ${rounds.length} rounds. Raise maxRounds if the task needs more.`
        return Stream.fail(
          new MaxRoundsExceeded({ message, rounds, usage: summary.usage, calls: calls.map(({ call }) => call) })
        )
      }
      const answering = (results: Results) => {
        const recorded = input.record !== false
        return answer(
          { calls, results, decided: () => undefined, claim: () => Effect.void, recorded },
          rounds,
          (results) =>
            chatting(inputAfter(input, reply, resultMessages(calls, results)), options, [
              ...before,
              { reply, results: calls.flatMap((found) => results.get(found) ?? []) }
            ])
        )
      }
      if (key === undefined) return answering(new Map())
      // A run that is repeated under its key sends the results that it has sent before, so that no tool runs twice.
      return Stream.unwrap(
        Effect.map(conversation.history, (history) => {
          const stored = newestBatch(history, sameCalls(calls))
          return answering(
            new Map(
              calls.flatMap((found, index) => {
                const same = stored?.calls[index]
                const sent = same && stored?.results.get(same)
                return sent === undefined ? [] : [[found, sent]]
              })
            )
          )
        })
      )
    })
  }

  /** The definitions of the tools, for the requests of the run. */
  const definitions = Effect.forEach(Object.entries(settings.tools), ([name, tool]) =>
    typeof tool === "function"
      ? Effect.succeed([])
      : Effect.map(tool.parameters, (parameters) => [
          {
            type: "function" as const,
            function: { name, parameters, ...(tool.description === undefined ? {} : { description: tool.description }) }
          }
        ])
  )

  const withTools = (input: ChatInput): Effect.Effect<ChatInput, InvalidRequest> =>
    Effect.map(definitions, (own) => {
      const tools = [...(input.tools ?? []), ...own.flat()]
      return tools.length === 0 ? input : { ...input, tools }
    })

  /** Runs with the request options of the caller. What tools request does not have the key of the run. */
  const withOptions = (events: (options: RequestOptions) => Events): Events =>
    Stream.unwrap(
      Effect.map(CurrentRequestOptions, (options) =>
        Stream.provideService(events(options), CurrentRequestOptions, { ...options, idempotencyKey: undefined })
      )
    )

  return {
    start: (input: ChatInput): Events =>
      withOptions((options) => Stream.unwrap(Effect.map(withTools(input), (given) => chatting(given, options, [])))),
    /** Goes on with calls of history. */
    resume: (open: Open, more: Omit<ChatInput, "messages">): Events =>
      withOptions((options) =>
        answer(open, [], (results) => {
          const messages = resultMessages(open.calls, results)
          const resumed = open.calls.flatMap((found) => results.get(found) ?? [])
          return Stream.unwrap(
            Effect.map(withTools({ ...more, messages }), (input) => withResumed(chatting(input, options, []), resumed))
          )
        })
      )
  }
}
