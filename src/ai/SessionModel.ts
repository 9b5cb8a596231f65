/** A session as a model of `@effect/ai`: programs that are written for it get history, docs and memory. */
import type * as AiError from "@effect/ai/AiError"
import * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { ChatInput } from "../schema/Chat.js"
import type { SessionId } from "../schema/Session.js"
import { Sessions } from "../services/Sessions.js"
import { type Method, malformed, toAiError, unreadable } from "./session/errors.js"
import { endsWith } from "./session/history.js"
import { partsOf, ReplyEvents } from "./session/reply.js"
import { type Defaults, requestOf } from "./session/request.js"

/** The settings of every turn, such as `temperature` or `recall`. */
export interface SessionModelOptions extends Defaults {}

const otherHistory = (session: SessionId) =>
  `the messages before the last one of the assistant are not the newest of the history of session ${session}. Give the prompt of this session alone, or a prompt without messages of the assistant. (The history is read newest first, which servers of v0.3 do not offer.)`

/** A call of a tool that the program does not have: the agent's own tools are offered, too. */
const foreignCall = (method: Method, { tools }: LanguageModel.ProviderOptions, part: Response.AllPartsEncoded) =>
  part.type === "tool-call" && tools.every(({ name }) => name !== part.name)
    ? Effect.fail(
        unreadable(
          method,
          `the model called the tool "${part.name}", which the agent of the session has and this toolkit does not. Add it to the toolkit.`
        )
      )
    : Effect.void

const make = (
  sessions: Sessions.Service,
  session: SessionId,
  defaults: Defaults
): Effect.Effect<LanguageModel.Service> => {
  /** The input of a request, once the session's history is what the prompt says it is. */
  const inputOf = (method: Method, options: LanguageModel.ProviderOptions): Effect.Effect<ChatInput, AiError.AiError> =>
    Effect.gen(function* () {
      const { before, input } = yield* Either.mapLeft(requestOf(options, defaults), (what) => malformed(method, what))
      const known =
        before.length === 0 || (yield* Effect.mapError(endsWith(sessions, session, before), toAiError(method)))
      return known ? input : yield* malformed(method, otherHistory(session))
    })

  return LanguageModel.make({
    generateText: (options) =>
      Effect.gen(function* () {
        const input = yield* inputOf("generateText", options)
        const reply = yield* Effect.mapError(sessions.chat(session, input), toAiError("generateText"))
        const parts = partsOf(reply)
        yield* Effect.forEach(parts, (part) => foreignCall("generateText", options, part), { discard: true })
        return parts
      }),
    streamText: (options) =>
      Stream.unwrap(
        Effect.map(inputOf("streamText", options), (input) => {
          const events = new ReplyEvents()
          return sessions.chatStream(session, input).pipe(
            Stream.mapError(toAiError("streamText")),
            Stream.mapConcat((event) => events.push(event)),
            Stream.tap((part) => foreignCall("streamText", options, part)),
            Stream.concat(Stream.suspend(() => Stream.fromIterable(events.end())))
          )
        })
      )
  })
}

/**
 * A session as a `LanguageModel`, for programs that are written for `@effect/ai`: `generateText`, `streamText`,
 * `generateObject`, `Chat` and toolkits. Each call is a turn of the session. It sends what follows the last message of the
 * assistant; the session has the rest. `options` are settings of every turn.
 *
 * A prompt whose earlier messages are not the newest of the session's history fails with `MalformedInput`, and so does
 * what has no place in a session: options of a provider, its own tools, and files that are not images. Errors of the call
 * are `HttpResponseError` with the status, and `HttpRequestError` without a response.
 *
 * @example
 * ```ts
 * import { Chat } from "@effect/ai"
 * import type { SessionId } from "effect-julep"
 * import { SessionModel } from "effect-julep/ai"
 * import { Effect } from "effect"
 *
 * const conversation = Effect.gen(function* () {
 *   const chat = yield* Chat.empty
 *   yield* chat.generateText({ prompt: "My order is A-17." })
 *   return (yield* chat.generateText({ prompt: "Where is it?" })).text
 * })
 *
 * const inSession = (session: SessionId) => Effect.provide(conversation, SessionModel.layer(session, { temperature: 0 }))
 * ```
 */
export const layer = (
  session: SessionId,
  options: SessionModelOptions = {}
): Layer.Layer<LanguageModel.LanguageModel, never, Sessions> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    Effect.flatMap(Sessions, (sessions) => make(sessions, session, options))
  )
