/** Collects the events of a stream into one reply. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ChatDelta, type ChatResponse, type ChatStreamEvent, deltaText, type TextEvent } from "../schema/Chat.js"
import type { ChatCompletion, ChatCompletionChunk, Completion, CompletionChunk } from "../schema/ChatCompletion.js"
import { StreamInterrupted } from "../schema/Errors.js"
import { addExtras, extrasOf, messageMembers } from "../schema/extras.js"
import type { JsonObject } from "../schema/Field.js"
import { addCall, type PartialCall, wholeCalls } from "../schema/toolCalls.js"

/** A message of a streamed reply. It has no id: history assigns one. */
interface AccumulatedMessage {
  readonly role: string
  readonly name?: string | null
  readonly content: string
}

/**
 * A streamed chat reply, collected. It has every member of a `ChatResponse`, but its messages have no ids, and `usage` is
 * absent if the server sent none.
 */
export interface AccumulatedChat extends Omit<ChatResponse, "response" | "usage" | "doc_ids" | "recalled" | "prompt"> {
  /** The messages of each choice, in order. */
  readonly response: readonly [ReadonlyArray<AccumulatedMessage>, ...ReadonlyArray<ReadonlyArray<AccumulatedMessage>>]
  /** The tokens of the turn; absent if no event has them. */
  readonly usage?: ChatResponse["usage"] | null | undefined
  /** The ids of the docs that were recalled; absent if no event has them. */
  readonly doc_ids?: ChatResponse["doc_ids"] | undefined
  /** What was recalled, with scores; absent unless an engine of this package answers. */
  readonly recalled?: ChatResponse["recalled"] | undefined
  /** The prompt that the model was sent, if the chat asked to `explain` it. */
  readonly prompt?: ChatResponse["prompt"] | undefined
}

/** A completion whose id may be absent, because some endpoints leave it out of their chunks. */
type WithoutId<Whole> = { readonly [Key in keyof Whole as Key extends "id" ? never : Key]: Whole[Key] } & {
  readonly id?: string | null | undefined
}

/** A streamed chat completion, collected. It has the members of a `ChatCompletion`; `id` is absent if no chunk has one. */
export interface AccumulatedChatCompletion extends WithoutId<ChatCompletion> {}

/** A streamed text completion, collected. It has the members of a `Completion`; `id` is absent if no chunk has one. */
export interface AccumulatedCompletion extends WithoutId<Completion> {}

const nothing = () => Effect.fail(new StreamInterrupted({ message: "The stream ended without an event.", text: "" }))

/** Adds a delta: one with a role begins a message, one without a role extends the last message. */
const addDelta = (messages: ReadonlyArray<AccumulatedMessage>, delta: ChatDelta): ReadonlyArray<AccumulatedMessage> => {
  const last = messages.at(-1)
  if (last === undefined || typeof delta.role === "string") {
    const named = delta.name === undefined ? {} : { name: delta.name }
    return [...messages, { role: delta.role ?? "assistant", content: delta.content ?? "", ...named }]
  }
  return [...messages.slice(0, -1), { ...last, content: last.content + (delta.content ?? "") }]
}

type Choices = AccumulatedChat["response"]

/** Adds the deltas of an event to the choices that they belong to, which is their place in the list. */
const addDeltas = ([first, ...others]: Choices, deltas: ChatStreamEvent["response"]): Choices => {
  const added = (messages: Choices[number], index: number) => (deltas[index] ?? []).reduce(addDelta, messages)
  const more = deltas.slice(others.length + 1).map((): Choices[number] => [])
  return [added(first, 0), ...[...others, ...more].map((messages, index) => added(messages, index + 1))]
}

/** A reply that does not explain its prompt has no such member. */
const promptOf = (prompt: ChatStreamEvent["prompt"]): Pick<ChatResponse, "prompt"> =>
  prompt === null || prompt === undefined ? {} : { prompt }

/** A choice that streams no message has one with empty content, as in a unary reply. */
const whole = (messages: Choices[number]): Choices[number] =>
  messages.length > 0 ? messages : [{ role: "assistant", content: "" }]

const atLeastOneMessage = ({ response: [first, ...others], ...sum }: AccumulatedChat): AccumulatedChat => ({
  ...sum,
  response: [whole(first), ...others.map(whole)]
})

/**
 * Collects the events of `sessions.chatStream` into one reply. Fails with the errors of the stream, and with
 * `StreamInterrupted` if the stream has no event.
 *
 * @example
 * ```ts
 * import { accumulateChat, type SessionId, Sessions } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const ask = (session: SessionId, content: string) =>
 *   Effect.flatMap(Sessions, (sessions) =>
 *     accumulateChat(sessions.chatStream(session, content))
 *   )
 * ```
 */
export const accumulateChat = <E, R>(
  events: Stream.Stream<ChatStreamEvent, E, R>
): Effect.Effect<AccumulatedChat, E | StreamInterrupted, R> =>
  events.pipe(
    Stream.runFold(
      // Before the first event there is none; the fold takes its type from this value.
      undefined as AccumulatedChat | undefined,
      // A member that is added to `ChatResponse` does not compile until it is accumulated here.
      (sum, event): AccumulatedChat & Record<Exclude<keyof ChatResponse, "prompt">, unknown> => ({
        id: event.id,
        finish_reason: event.finish_reason ?? sum?.finish_reason ?? "stop",
        response: addDeltas(sum?.response ?? [[]], event.response),
        usage: event.usage ?? sum?.usage,
        jobs: event.jobs ?? sum?.jobs ?? [],
        doc_ids: event.doc_ids ?? sum?.doc_ids,
        recalled: event.recalled ?? sum?.recalled,
        ...promptOf(event.prompt ?? sum?.prompt)
      })
    ),
    Effect.flatMap((sum) => (sum === undefined ? nothing() : Effect.succeed(atLeastOneMessage(sum))))
  )

/** The events of one chat as they arrive, and the reply that they have made when they end. */
export const collecting = <E, R>(chat: Stream.Stream<ChatStreamEvent, E, R>) => {
  const collected: Array<ChatStreamEvent> = []
  return {
    events: Stream.map(chat, (event) => {
      collected.push(event)
      return event
    }),
    reply: Effect.suspend(() => accumulateChat(Stream.fromIterable(collected)))
  }
}

/**
 * The whole text of a stream: of `sessions.chatStream`, `chat.completions.stream` or `completions.stream`. Fails with the
 * errors of the stream.
 *
 * @example
 * ```ts
 * import { type SessionId, Sessions, textOf } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const ask = (session: SessionId, question: string) =>
 *   Effect.flatMap(Sessions, (sessions) => textOf(sessions.chatStream(session, question)))
 * ```
 */
export const textOf = <E, R>(events: Stream.Stream<TextEvent, E, R>): Effect.Effect<string, E, R> =>
  Stream.runFold(events, "", (text, event) => text + deltaText(event))

interface PartialChoice {
  readonly role: string
  readonly content: string | null
  readonly refusal: string | null
  readonly calls: ReadonlyArray<PartialCall>
  /** The call in the form that came before `tool_calls`. */
  readonly functionCall: ReadonlyArray<PartialCall>
  readonly finish_reason: string | null
  /** Members that the provider added to the message. */
  readonly extra: JsonObject | undefined
  /** Members of the choice beside the message, such as `logprobs`. */
  readonly beside: JsonObject | undefined
}

const emptyChoice: PartialChoice = {
  role: "assistant",
  content: null,
  refusal: null,
  calls: [],
  functionCall: [],
  finish_reason: null,
  extra: undefined,
  beside: undefined
}

const choiceMembers: ReadonlySet<string> = new Set(["index", "delta", "finish_reason"])

type ChunkChoice = ChatCompletionChunk["choices"][number]

/** Adds a piece of a text, which is null until its first one. */
const addText = (known: string | null, piece: string | null | undefined): string | null =>
  piece === undefined || piece === null ? known : (known ?? "") + piece

const addChoice = (known: PartialChoice, choice: ChunkChoice): PartialChoice => {
  const delta = choice.delta ?? {}
  const { function_call } = delta
  return {
    role: delta.role ?? known.role,
    content: addText(known.content, delta.content),
    refusal: addText(known.refusal, delta.refusal),
    calls: (delta.tool_calls ?? []).reduce(addCall, known.calls),
    functionCall: function_call ? addCall(known.functionCall, { function: function_call }) : known.functionCall,
    finish_reason: choice.finish_reason ?? known.finish_reason,
    extra: addExtras(known.extra, extrasOf(delta, messageMembers)),
    beside: addExtras(known.beside, extrasOf(choice, choiceMembers))
  }
}

/** The calls of a message: those of functions, then those of custom tools, which have an input in place of arguments. */
const callsOf = (calls: ReadonlyArray<PartialCall>) => [
  ...wholeCalls(calls),
  ...calls.flatMap(({ extra, id }) => (extra?.["custom"] === undefined ? [] : [{ ...extra, id, type: "custom" }]))
]

const wholeChoice = (index: number, choice: PartialChoice) => {
  const calls = callsOf(choice.calls)
  const [functionCall] = wholeCalls(choice.functionCall)
  return {
    ...choice.beside,
    index,
    message: {
      ...choice.extra,
      role: choice.role,
      content: choice.content,
      ...(choice.refusal === null ? {} : { refusal: choice.refusal }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(functionCall === undefined ? {} : { function_call: functionCall.function })
    },
    finish_reason: choice.finish_reason
  }
}

const headings = ["id", "created", "model"] as const

/** Adds the members of a chunk. The first id, time and model stay; those of Azure's first and last chunks are empty. */
const addChunk = <Chunk extends ChatCompletionChunk | CompletionChunk>(
  sum: Chunk | undefined,
  chunk: Chunk
): Chunk => ({
  ...sum,
  ...chunk,
  ...Object.fromEntries(headings.flatMap((name) => (sum?.[name] ? [[name, sum[name]]] : []))),
  usage: chunk.usage ?? sum?.usage
})

/**
 * Collects the chunks of `chat.completions.stream` into one completion, with its tool calls assembled from their deltas.
 * Fails with the errors of the stream, and with `StreamInterrupted` if the stream has no chunk.
 *
 * @example
 * ```ts
 * import { accumulateChatCompletion, Chat } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const program = Effect.flatMap(Chat, ({ completions }) =>
 *   accumulateChatCompletion(completions.stream({ messages: [{ role: "user", content: "Hello" }] }))
 * )
 * ```
 */
export const accumulateChatCompletion = <E, R>(
  chunks: Stream.Stream<ChatCompletionChunk, E, R>
): Effect.Effect<AccumulatedChatCompletion, E | StreamInterrupted, R> =>
  Effect.suspend(() => {
    const choices = new Map<number, PartialChoice>()
    return chunks.pipe(
      // Before the first chunk there is none; the fold takes its type from this value.
      Stream.runFold(undefined as ChatCompletionChunk | undefined, (sum, chunk) => {
        for (const choice of chunk.choices) {
          const index = choice.index ?? 0
          choices.set(index, addChoice(choices.get(index) ?? emptyChoice, choice))
        }
        return addChunk(sum, chunk)
      }),
      Effect.flatMap((sum) =>
        sum === undefined
          ? nothing()
          : Effect.succeed({
              ...sum,
              object: "chat.completion",
              choices: [...choices].map(([index, choice]) => wholeChoice(index, choice))
            })
      )
    )
  })

/**
 * Collects the chunks of `completions.stream` into one completion. Fails with the errors of the stream, and with
 * `StreamInterrupted` if the stream has no chunk.
 *
 * @example
 * ```ts
 * import { accumulateCompletion, Completions } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const program = Effect.flatMap(Completions, (completions) =>
 *   accumulateCompletion(completions.stream({ prompt: "Once upon a time" }))
 * )
 * ```
 */
export const accumulateCompletion = <E, R>(
  chunks: Stream.Stream<CompletionChunk, E, R>
): Effect.Effect<AccumulatedCompletion, E | StreamInterrupted, R> =>
  Effect.suspend(() => {
    const choices = new Map<number, { readonly text: string; readonly finish_reason: string | null }>()
    return chunks.pipe(
      // Before the first chunk there is none; the fold takes its type from this value.
      Stream.runFold(undefined as CompletionChunk | undefined, (sum, chunk) => {
        for (const choice of chunk.choices) {
          const index = choice.index ?? 0
          const known = choices.get(index)
          choices.set(index, {
            text: (known?.text ?? "") + (choice.text ?? ""),
            finish_reason: choice.finish_reason ?? known?.finish_reason ?? null
          })
        }
        return addChunk(sum, chunk)
      }),
      Effect.flatMap((sum) =>
        sum === undefined
          ? nothing()
          : Effect.succeed({
              ...sum,
              object: "text_completion",
              choices: [...choices].map(([index, choice]) => ({ index, ...choice }))
            })
      )
    )
  })
