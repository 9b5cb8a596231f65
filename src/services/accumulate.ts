/** From the events of a stream to the reply they amount to. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ChatDelta, ChatStreamEvent, CompletionUsage, DocIds } from "../schema/Chat.js"
import type { ChatCompletion, ChatCompletionChunk, Completion, CompletionChunk } from "../schema/ChatCompletion.js"
import { StreamInterrupted } from "../schema/Errors.js"
import type { JobId } from "../schema/Job.js"
import { addCall, type PartialCall, wholeCalls } from "../schema/toolCalls.js"

/** A streamed chat reply, put together. Its messages have no ids: history has them. */
export interface AccumulatedChat {
  readonly id: ChatStreamEvent["id"]
  readonly finish_reason: string
  readonly response: readonly [
    ReadonlyArray<{ readonly role: string; readonly name?: string | null; readonly content: string }>
  ]
  readonly usage?: CompletionUsage | null | undefined
  readonly jobs: ReadonlyArray<JobId>
  readonly doc_ids?: DocIds | null | undefined
}

const nothing = () => Effect.fail(new StreamInterrupted({ message: "The stream had no events", text: "" }))

/** Adds a piece: one with a role begins a message, one without adds to the last. */
const addDelta = (
  messages: ReadonlyArray<{ role: string; name?: string | null; content: string }>,
  delta: ChatDelta
) => {
  const last = messages.at(-1)
  if (last === undefined || typeof delta.role === "string") {
    const named = delta.name === undefined ? {} : { name: delta.name }
    return [...messages, { role: delta.role ?? "assistant", content: delta.content ?? "", ...named }]
  }
  return [...messages.slice(0, -1), { ...last, content: last.content + (delta.content ?? "") }]
}

/** A reply of no words streams no message, and is one message without words. */
const atLeastOneMessage = (sum: AccumulatedChat): AccumulatedChat =>
  sum.response[0].length > 0 ? sum : { ...sum, response: [[{ role: "assistant", content: "" }]] }

/**
 * The reply that the events of `sessions.chatStream` amount to.
 *
 * @example
 * ```ts
 * import { accumulateChat, type SessionId, Sessions } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const ask = (session: SessionId, content: string) =>
 *   Effect.flatMap(Sessions, (sessions) =>
 *     accumulateChat(sessions.chatStream(session, { messages: [{ role: "user", content }] }))
 *   )
 * ```
 */
export const accumulateChat = <E, R>(
  events: Stream.Stream<ChatStreamEvent, E, R>
): Effect.Effect<AccumulatedChat, E | StreamInterrupted, R> =>
  events.pipe(
    Stream.runFold(
      undefined as AccumulatedChat | undefined,
      (sum, event): AccumulatedChat => ({
        id: event.id,
        finish_reason: event.finish_reason ?? sum?.finish_reason ?? "stop",
        response: [(event.response[0] ?? []).reduce(addDelta, [...(sum?.response[0] ?? [])])],
        usage: event.usage ?? sum?.usage,
        jobs: event.jobs ?? sum?.jobs ?? [],
        doc_ids: event.doc_ids ?? sum?.doc_ids
      })
    ),
    Effect.flatMap((sum) => (sum === undefined ? nothing() : Effect.succeed(atLeastOneMessage(sum))))
  )

interface PartialChoice {
  readonly role: string
  readonly content: string | null
  readonly calls: ReadonlyArray<PartialCall>
  readonly finish_reason: string | null
}

const emptyChoice: PartialChoice = { role: "assistant", content: null, calls: [], finish_reason: null }

/** The completion that the chunks of `chat.completions.stream` amount to, tool calls put together. */
export const accumulateChatCompletion = <E, R>(
  chunks: Stream.Stream<ChatCompletionChunk, E, R>
): Effect.Effect<ChatCompletion, E | StreamInterrupted, R> =>
  Effect.suspend(() => {
    const choices = new Map<number, PartialChoice>()
    return chunks.pipe(
      Stream.runFold(undefined as ChatCompletionChunk | undefined, (sum, chunk) => {
        for (const choice of chunk.choices) {
          const index = choice.index ?? 0
          const known = choices.get(index) ?? emptyChoice
          const text = choice.delta?.content
          choices.set(index, {
            role: choice.delta?.role ?? known.role,
            content: text === undefined || text === null ? known.content : (known.content ?? "") + text,
            calls: (choice.delta?.tool_calls ?? []).reduce(addCall, known.calls),
            finish_reason: choice.finish_reason ?? known.finish_reason
          })
        }
        return { ...sum, ...chunk, usage: chunk.usage ?? sum?.usage }
      }),
      Effect.flatMap((sum) =>
        sum === undefined
          ? nothing()
          : Effect.succeed({
              ...sum,
              id: sum.id ?? "",
              object: "chat.completion",
              choices: [...choices].map(([index, choice]) => ({
                index,
                message: {
                  role: choice.role,
                  content: choice.content,
                  ...(choice.calls.length === 0 ? {} : { tool_calls: wholeCalls(choice.calls) })
                },
                finish_reason: choice.finish_reason
              }))
            })
      )
    )
  })

/** The completion that the chunks of `completions.stream` amount to. */
export const accumulateCompletion = <E, R>(
  chunks: Stream.Stream<CompletionChunk, E, R>
): Effect.Effect<Completion, E | StreamInterrupted, R> =>
  Effect.suspend(() => {
    const choices = new Map<number, { readonly text: string; readonly finish_reason: string | null }>()
    return chunks.pipe(
      Stream.runFold(undefined as CompletionChunk | undefined, (sum, chunk) => {
        for (const choice of chunk.choices) {
          const index = choice.index ?? 0
          const known = choices.get(index)
          choices.set(index, {
            text: (known?.text ?? "") + (choice.text ?? ""),
            finish_reason: choice.finish_reason ?? known?.finish_reason ?? null
          })
        }
        return { ...sum, ...chunk, usage: chunk.usage ?? sum?.usage }
      }),
      Effect.flatMap((sum) =>
        sum === undefined
          ? nothing()
          : Effect.succeed({
              ...sum,
              id: sum.id ?? "",
              object: "text_completion",
              choices: [...choices].map(([index, choice]) => ({ index, ...choice }))
            })
      )
    )
  })
