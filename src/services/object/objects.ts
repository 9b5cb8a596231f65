/** The typed answers of the manager of sessions, over its chats. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import {
  type ChatInput,
  type ChatResponse,
  type ChatStreamEvent,
  type CompletionUsage,
  chatInputOf,
  deltaText,
  isCall,
  messageText
} from "../../schema/Chat.js"
import { type ChatError, InvalidObject, notSent, type RequestError } from "../../schema/Errors.js"
import type { Issue } from "../../schema/Issue.js"
import { issuesText } from "../../schema/Issue.js"
import { jsonValuesIn } from "../../schema/jsonInText.js"
import { parseJson } from "../../schema/parseJson.js"
import { stripReasoning } from "../../schema/reasoning.js"
import type { SessionId } from "../../schema/Session.js"
import { type ContextOf, type Decoder, decoderOf, type EncodedOf, type TypeOf } from "../AnySchema.js"
import { type AccumulatedChat, collecting } from "../accumulate.js"
import { CurrentRequestOptions } from "../RequestOptions.js"
import { usageOf } from "../usage.js"
import { PartialJson } from "./partialJson.js"
import { formatOf, inputOf, type ObjectFormat, repairOf } from "./request.js"

/** The options of `sessions.chatObject`. */
export interface ObjectOptions {
  /** How often the model is asked again for a reply that does not fit: a whole number of at least 0. Default: 1. */
  readonly repair?: number | undefined
}

/** A typed answer. */
export interface ObjectReply<A, Reply = ChatResponse> {
  /** What the schema decodes from the reply. */
  readonly object: A
  /** The reply that holds the object. */
  readonly reply: Reply
  /** The tokens of all requests for it, with those of repairs. It is absent if the server sends none. */
  readonly usage?: CompletionUsage | undefined
}

/** An object of which any part may not be written yet. */
export type DeepPartial<T> =
  T extends ReadonlyArray<infer Item>
    ? ReadonlyArray<DeepPartial<Item>>
    : T extends object
      ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> | undefined }
      : T

/** What a model has written of an object so far, which nothing has checked. */
export interface PartialObject<I> {
  /** Marks an event before the last one. */
  readonly done: false
  /** What has arrived of the object. Nothing of it is checked or decoded yet. */
  readonly object: DeepPartial<I>
}

/** The last event of a streamed typed answer: the whole object. */
export interface WholeObject<A> extends ObjectReply<A, AccumulatedChat> {
  /** Marks the last event. */
  readonly done: true
}

/** An event of a streamed typed answer. */
export type ObjectEvent<A, I> = PartialObject<I> | WholeObject<A>

/** The operations of sessions whose replies are objects. */
export interface Objects {
  /**
   * One turn whose reply is an object of a schema: one of Effect, a Standard Schema that has a JSON Schema (zod, valibot,
   * arktype), or a JSON Schema, which checks nothing. The model is held to the schema where its endpoint can do so. The
   * reply is read also where thoughts, a code fence or other text is around it, and decoded.
   *
   * If the reply does not fit, the model is asked once more, or as often as `repair` says, with what is wrong; history keeps
   * the question and the first reply only. If it still does not fit, this fails with `InvalidObject`, which has the text and
   * the issues. Fails with `InvalidRequest` if the schema has no JSON Schema, or if no value fits it. `tool_choice` is `"none"`, unless the input
   * sets it: a call of a tool is not an object.
   *
   * @example
   * ```ts
   * import { type SessionId, Sessions } from "effect-julep"
   * import { Effect, Schema } from "effect"
   *
   * const Ticket = Schema.Struct({ title: Schema.NonEmptyString, priority: Schema.Literal("low", "high") })
   *
   * const triage = (session: SessionId, mail: string) =>
   *   Effect.gen(function* () {
   *     const sessions = yield* Sessions
   *     const { object } = yield* sessions.chatObject(session, mail, Ticket)
   *     return object.priority === "high" ? `Now: ${object.title}` : object.title
   *   })
   * ```
   */
  readonly chatObject: <S extends object>(
    id: SessionId,
    input: string | ChatInput,
    schema: S,
    options?: ObjectOptions
  ) => Effect.Effect<ObjectReply<TypeOf<S>>, ChatError | InvalidObject, ContextOf<S>>
  /**
   * `chatObject`, streamed: the object as far as it is written, each time that there is more (of a long one, each time that it
   * has grown by a hundredth), and last the whole object, decoded, with `done: true`. It asks once: if the reply does not fit, the stream fails with `InvalidObject`.
   */
  readonly chatObjectStream: <S extends object>(
    id: SessionId,
    input: string | ChatInput,
    schema: S
  ) => Stream.Stream<ObjectEvent<TypeOf<S>, EncodedOf<S>>, RequestError | InvalidObject, ContextOf<S>>
}

/** The operations of a session that typed answers are made of. */
export interface Chats {
  readonly chat: (id: SessionId, input: ChatInput) => Effect.Effect<ChatResponse, ChatError>
  readonly chatStream: (id: SessionId, input: ChatInput) => Stream.Stream<ChatStreamEvent, RequestError>
}

type AnyReply = ChatResponse | AccumulatedChat

const parsed = (text: string): unknown => {
  const whole = parseJson(text)
  if (whole !== undefined) return whole
  const values = jsonValuesIn(text)
  return values.findLast(Predicate.isRecord) ?? values.at(-1)
}

const noJson: ReadonlyArray<Issue> = [{ path: "", message: "the reply has no JSON, or only the beginning of it" }]

/** Endpoints do not agree on the `finish_reason` of a call. */
const callsTool = ({ finish_reason, response }: AnyReply): boolean =>
  finish_reason === "tool_calls" || response[0].some(isCall)

const advice = (reply: AnyReply): string => {
  if (reply.finish_reason === "length") return " The reply was cut off: raise `max_tokens`."
  return callsTool(reply) ? ' The model called a tool: leave `tool_choice` out, or set it to "none".' : ""
}

const invalidObject = (reply: AnyReply, issues: ReadonlyArray<Issue>): InvalidObject => {
  const { finish_reason } = reply
  const message = `The reply does not fit the schema: ${issuesText(issues)}.${advice(reply)}`
  return new InvalidObject({ message, text: messageText(reply), issues, finish_reason })
}

/** The object of a reply. */
const objectOf = <A, R>(
  reply: AnyReply,
  { decode }: Decoder<A, R>,
  { valueOf }: ObjectFormat
): Effect.Effect<A, InvalidObject, R> => {
  const json = parsed(stripReasoning(messageText(reply)))
  const decoded = json === undefined ? Effect.fail(noJson) : decode(valueOf(json))
  return Effect.mapError(decoded, (issues) => invalidObject(reply, issues))
}

/** An effect under an idempotency key of its own: the request of a repair is another one. */
const repairing = <A, E, R>(effect: Effect.Effect<A, E, R>, number: number): Effect.Effect<A, E, R> =>
  Effect.flatMap(CurrentRequestOptions, (options) =>
    options.idempotencyKey === undefined || number === 0
      ? effect
      : Effect.provideService(effect, CurrentRequestOptions, {
          ...options,
          idempotencyKey: `${options.idempotencyKey} repair ${number}`
        })
  )

const spanOf = (id: SessionId) => ({ attributes: { "julep.session_id": id } })

/** Makes the typed answers of sessions. */
export const make = ({ chat, chatStream }: Chats): Objects => ({
  chatObject: (id, given, schema, { repair = 1 } = {}) =>
    Effect.gen(function* () {
      const decoder = yield* decoderOf(schema)
      const format = yield* formatOf(decoder)
      if (!Number.isSafeInteger(repair) || repair < 0)
        return yield* notSent("repair", `repair must be a whole number of at least 0, but is ${repair}.`)
      const input = inputOf(chatInputOf(given), format)
      const replies: Array<ChatResponse> = []
      let next = input
      for (let number = 0; ; number++) {
        const reply = yield* repairing(chat(id, next), number)
        replies.push(reply)
        const object = yield* Effect.either(objectOf(reply, decoder, format))
        if (object._tag === "Right") return { object: object.right, reply, usage: usageOf(replies) }
        // Another attempt would be cut off, or call a tool, in the same way.
        if (number >= repair || object.left.finish_reason === "length" || callsTool(reply)) return yield* object.left
        next = repairOf(input, next, object.left.text, object.left.issues)
      }
    }).pipe(Effect.withSpan("Julep.sessions.chatObject", spanOf(id))),
  chatObjectStream: <S extends object>(id: SessionId, given: string | ChatInput, schema: S) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const decoder = yield* decoderOf(schema)
        const format = yield* formatOf(decoder)
        const json = new PartialJson()
        const { events, reply } = collecting(chatStream(id, inputOf(chatInputOf(given), format)))
        const partial = (event: ChatStreamEvent): Option.Option<PartialObject<EncodedOf<S>>> => {
          const value = json.add(deltaText(event))
          const object = value === undefined ? undefined : format.valueOf(value)
          // Nothing has checked it: the schema is what the model was asked for.
          return object === undefined
            ? Option.none()
            : Option.some({ done: false, object: object as DeepPartial<EncodedOf<S>> })
        }
        const whole = Effect.flatMap(reply, (reply) =>
          Effect.map(
            objectOf(reply, decoder, format),
            (object): WholeObject<TypeOf<S>> => ({ done: true, object, reply, usage: reply.usage ?? undefined })
          )
        )
        return events.pipe(Stream.filterMap(partial), Stream.concat(Stream.fromEffect(whole)))
      })
    ).pipe(Stream.withSpan("Julep.sessions.chatObjectStream", spanOf(id)))
})
