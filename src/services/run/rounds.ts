/** The loop of a run: a reply, the results of its calls, and a chat with these, until a reply has no calls. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ChatInput, ChatRequest, ChatResponse } from "../../schema/Chat.js"
import { type ChatError, Conflict, InvalidRequest } from "../../schema/Errors.js"
import { type ChatMLMessage, contentText, type InputChatMLMessage } from "../../schema/Message.js"
import type { AccumulatedChat } from "../accumulate.js"
import { CurrentRequestOptions, type RequestOptions } from "../RequestOptions.js"
import { usageOf } from "../usage.js"
import { type Planned, plan, runCalls } from "./calls.js"
import type { ReadHistory } from "./history.js"
import { batchesOf, sameCalls } from "./openCalls.js"
import { MaxRoundsExceeded, type Round, type RunEvent, type SuspendedCall } from "./Run.js"
import { withResumed } from "./resumed.js"
import type { Settings } from "./settings.js"
import { callsIn, type FoundCall } from "./toolCalls.js"
import { type Claim, messageIds, type OpenCalls, storeResults, type UndeliveredResults } from "./undelivered.js"

export type AnyReply = ChatResponse | AccumulatedChat

type Results = OpenCalls["results"]

/** How a run chats: whole replies, or streamed ones, whose events come before the rest of the run. */
export interface Conversation<Reply, Failure> {
  readonly ask: <E, R>(
    input: ChatInput,
    round: number,
    options: RequestOptions,
    andThen: (reply: Reply) => Stream.Stream<RunEvent<Reply>, E, R>
  ) => Stream.Stream<RunEvent<Reply>, Failure | E, R>
  readonly history: ReadHistory
  readonly claim: Claim
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

/** Results as messages, in the order of the calls: those without ids have no other tie. */
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

const lost = () =>
  new Conflict({
    message:
      "The run waits for decisions on calls, and history does not have them: it was deleted or changed meanwhile. Chat again.",
    code: "CALL_NOT_FOUND",
    status: 409
  })

/** Whether a message of history is the last one of an input. */
const isLastOf = (input: ChatRequest) => {
  const last = input.messages.at(-1)
  const text = contentText(last?.content ?? "")
  return ({ content, role }: ChatMLMessage): boolean => role === last?.role && contentText(content) === text
}

/** The rounds of a run in a conversation. */
export const make = <Reply extends AnyReply, Failure, E, R>(
  conversation: Conversation<Reply, Failure>,
  settings: Settings<E, R>
) => {
  const { maxRounds = 8 } = settings
  /** The calls of the last reply while the model has not read their results. */
  let undelivered: UndeliveredResults | undefined
  type Events = Stream.Stream<RunEvent<Reply>, Failure | ChatError | MaxRoundsExceeded | E, R>

  /**
   * The calls of a reply in history. Streamed replies have no ids: theirs are the calls that say the same after the message
   * that the run began with, `seen` of which were in its rounds before.
   */
  const storedOf = (calls: ReadonlyArray<FoundCall>, begins: (message: ChatMLMessage) => boolean, seen: number) => {
    const fits = sameCalls(calls)
    const fitting = (messages: ReadonlyArray<ChatMLMessage>) => batchesOf(messages).filter((batch) => fits(batch.calls))
    if (calls.every(({ message_id }) => message_id !== undefined)) {
      return Effect.map(
        conversation.history((messages) => fitting(messages).some(({ whole }) => whole)),
        (messages) => fitting(messages).at(-1)
      )
    }
    return Effect.map(
      conversation.history((messages) => messages.some(begins)),
      (messages) => {
        const own = fitting(messages.slice(messages.findLastIndex(begins) + 1))
        return own[seen] ?? own.at(-1)
      }
    )
  }

  /** The calls that wait for a decision, and those that have one, with the ids of their messages. */
  const suspended = (open: OpenCalls, plans: ReadonlyArray<Planned<E, R>>, rounds: ReadonlyArray<Round<Reply>>) =>
    Effect.gen(function* () {
      if (!open.recorded) return yield* unrecorded()
      const ids = yield* messageIds(open)
      const waiting = yield* Effect.forEach(
        plans.filter(({ approval, found }) => approval === "suspend" || open.decided(found) !== undefined),
        ({ approval, found }) => {
          const message_id = ids[open.calls.indexOf(found)]
          if (message_id === undefined) return lost()
          const decision = open.decided(found)
          const call: SuspendedCall = { ...found.call, message_id, ...(decision === undefined ? {} : { decision }) }
          return Effect.succeed({ call, isNew: approval === "suspend" && !found.suspended })
        }
      )
      const marked = waiting.flatMap(({ call, isNew }) => (isNew ? [call.message_id] : []))
      yield* Effect.catchTag(
        conversation.claim(marked, { suspend: true }),
        "NotFound",
        // A server without claims marks nothing.
        ({ resource }) => (resource === "message" ? lost() : Effect.void)
      )
      const event: RunEvent<Reply> = {
        type: "suspended",
        run: { status: "suspended", ...summaryOf(rounds), calls: waiting.map(({ call }) => call) }
      }
      return event
    })

  /** Answers calls, unless one of them waits for a decision: then none of them runs. */
  const answer = (
    open: OpenCalls,
    rounds: ReadonlyArray<Round<Reply>>,
    andThen: (results: Results) => Events
  ): Events =>
    Stream.unwrap(
      Effect.gen(function* () {
        const left = open.calls.filter((found) => !open.results.has(found))
        const plans = yield* Effect.forEach(left, (found) => plan(settings, found, open.decided(found)))
        if (plans.some(({ approval }) => approval === "suspend")) {
          return Stream.fromEffect(suspended(open, plans, rounds))
        }
        const claimed_at = yield* open.claim(left)
        const calls = { open, claimed_at, results: new Map(open.results), started: new Set<FoundCall>() }
        if (open.recorded) undelivered = calls
        return Stream.concat(
          runCalls(plans, calls, Math.max(0, rounds.length - 1), settings),
          Stream.suspend(() => andThen(calls.results))
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

  const chatting = (
    input: ChatInput,
    options: RequestOptions,
    before: ReadonlyArray<Round<Reply>>,
    begins: (message: ChatMLMessage) => boolean
  ): Events => {
    const key = options.idempotencyKey
    // Each round of a run under a key has a key of its own.
    const own = key === undefined || before.length === 0 ? key : `${key}#${before.length}`
    return conversation.ask(input, before.length, { ...options, idempotencyKey: own }, (reply): Events => {
      undelivered = undefined
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
      const recorded = input.record !== false
      const fits = sameCalls(calls)
      const seen = before.filter(({ reply }) => fits(callsIn(messagesOf(reply)))).length
      const stored = storedOf(calls, begins, seen)
      const continueWith = (results: Results) =>
        answer(
          { calls, results, decided: () => undefined, claim: () => Effect.succeed(undefined), stored, recorded },
          rounds,
          (results) =>
            chatting(
              inputAfter(input, reply, resultMessages(calls, results)),
              options,
              [...before, { reply, results: calls.flatMap((found) => results.get(found) ?? []) }],
              begins
            )
        )
      if (key === undefined || !recorded) return continueWith(new Map())
      // A run that is repeated under its key sends the results that it has sent before, so that no tool runs twice.
      return Stream.unwrap(
        Effect.map(stored, (batch) =>
          continueWith(
            new Map(
              calls.flatMap((found, index) => {
                const same = batch?.calls[index]
                const sent = same && batch?.results.get(same)
                return sent === undefined ? [] : [[found, sent]]
              })
            )
          )
        )
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

  const settled = Effect.suspend(() =>
    undelivered === undefined ? Effect.void : storeResults(conversation.claim, undelivered)
  )

  /** Runs with the request options of the caller. What tools request does not have the key of the run. */
  const withOptions = (events: (options: RequestOptions) => Events): Events =>
    Stream.unwrap(
      Effect.map(CurrentRequestOptions, (options) => {
        const own = { ...options, idempotencyKey: undefined }
        return events(options).pipe(
          Stream.ensuring(Effect.provideService(settled, CurrentRequestOptions, own)),
          Stream.provideService(CurrentRequestOptions, own)
        )
      })
    )

  return {
    start: (input: ChatRequest): Events =>
      withOptions((options) =>
        Stream.unwrap(Effect.map(withTools(input), (given) => chatting(given, options, [], isLastOf(input))))
      ),
    /** Goes on with calls of history. Its chats have keys of their own, which are made of the calls, too. */
    resume: (open: OpenCalls, more: Omit<ChatInput, "messages">): Events =>
      withOptions(({ idempotencyKey: key, ...options }) => {
        const [first, last] = [open.calls.at(0), open.calls.at(-1)]
        const own = key === undefined ? options : { ...options, idempotencyKey: `${key}#resume:${first?.message_id}` }
        return answer(open, [], (results) => {
          const messages = resultMessages(open.calls, results)
          const resumed = open.calls.flatMap((found) => results.get(found) ?? [])
          return Stream.unwrap(
            Effect.map(withTools({ ...more, messages }), (input) =>
              withResumed(
                chatting(input, own, [], ({ id }) => id === last?.message_id),
                resumed
              )
            )
          )
        })
      })
  }
}
