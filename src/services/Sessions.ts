/** The manager of sessions with effects; `promise/Sessions.ts` has the one with promises. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { FilteredPage, Page } from "../schema/api/Query.js"
import { type HistoryPage, SessionsApi } from "../schema/api/SessionsApi.js"
import { ToolsApi } from "../schema/api/ToolsApi.js"
import {
  type ChatInput,
  ChatRequest,
  type ChatResponse,
  ChatStreamEvent,
  chatInputOf,
  deltaText,
  type RenderedChat
} from "../schema/Chat.js"
import type { ClaimToolCalls, ToolCallsClaimed } from "../schema/Claim.js"
import type { CallError, ChatError, GetError, ListError, RequestError, WriteError } from "../schema/Errors.js"
import type { ChatMLMessage } from "../schema/Message.js"
import type { RecentPrompt } from "../schema/Prompt.js"
import type { Created, Updated } from "../schema/Resource.js"
import {
  CreateSession,
  PatchSession,
  type Session,
  SessionId,
  type Suggestion,
  type UpdateSession
} from "../schema/Session.js"
import * as EventStream from "../transport/EventStream.js"
import * as ApiClient from "./ApiClient.js"
import { toCallError, toGetError, toListError, toWriteError } from "./errors.js"
import type { JulepConfig } from "./JulepConfig.js"
import { merged } from "./merge.js"
import { method } from "./method.js"
import * as Objects from "./object/objects.js"
import { itemsOf, listAll } from "./paging.js"
import * as Runs from "./run/sessions.js"
import { type Update, update } from "./update.js"

/**
 * The manager of sessions: conversations, their history, and chats.
 *
 * @example
 * ```ts
 * import { messageText, type SessionId, Sessions } from "effect-julep"
 * import { Effect } from "effect"
 *
 * const ask = (session: SessionId, question: string) =>
 *   Effect.gen(function* () {
 *     const sessions = yield* Sessions
 *     const reply = yield* sessions.chat(session, question)
 *     return messageText(reply)
 *   })
 * ```
 */
export class Sessions extends Context.Tag("effect-julep/Sessions")<Sessions, Sessions.Service>() {
  /** The manager alone, over an `HttpClient` and a `JulepConfig`. */
  static readonly layer: Layer.Layer<Sessions, never, HttpClient.HttpClient | JulepConfig> = Layer.effect(
    Sessions,
    Effect.suspend(() => make)
  )
}

export declare namespace Sessions {
  /** The operations on sessions. */
  interface Service extends Objects.Objects, Runs.Runs {
    /** The session with this id. Fails with `NotFound` if there is none. */
    readonly get: (id: SessionId) => Effect.Effect<Session, GetError>
    /** Creates a session of an agent, with or without a user. Returns the input plus `id`, `created_at` and `jobs`. */
    readonly create: (input: CreateSession) => Effect.Effect<CreateSession & Created<SessionId>, WriteError>
    /** One page of sessions, newest first. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
    readonly list: (query?: FilteredPage) => Effect.Effect<ReadonlyArray<Session>, ListError>
    /**
     * Streams every session, page by page, as it is consumed; `limit` is the page size, at most 1,000. On an
     * engine of this package it skips no item, also where you delete items as you read them. On other servers, each that you
     * delete skips another one.
     */
    readonly listAll: (query?: FilteredPage) => Stream.Stream<Session, ListError>
    /** Changes a session (PATCH), or replaces its situation with `{ overwrite: true }` (PUT). */
    readonly update: Update<SessionId, UpdateSession, PatchSession, Updated<SessionId>>
    /** Deletes a session with its history. The memories formed in it stay. Succeeds if there is no such session. */
    readonly delete: (id: SessionId) => Effect.Effect<void, CallError>
    /**
     * One turn: sends messages and returns the reply. A text is one message of the user; an input has messages, and settings
     * for this turn. `recall`, `record` and `remember` default to true.
     */
    readonly chat: (id: SessionId, input: string | ChatInput) => Effect.Effect<ChatResponse, ChatError>
    /**
     * `chat`, streamed. `accumulateChat` collects the events into one reply. If the stream ends before its last event, it
     * fails with `StreamInterrupted`, whose `text` is the reply so far. Interrupting the stream stops the turn.
     */
    readonly chatStream: (id: SessionId, input: string | ChatInput) => Stream.Stream<ChatStreamEvent, RequestError>
    /**
     * Beyond v0.3: exactly what `chat` would send to the model. It sends nothing to the model and writes nothing. Only
     * engines of this package have it, embedded or served; other servers answer `NotFound`.
     */
    readonly render: (id: SessionId, input: string | ChatInput) => Effect.Effect<RenderedChat, ChatError>
    /**
     * Beyond v0.3: claims calls of tools that have no result, so that only one program runs them; `resume` does so. All are
     * claimed, or none: a call that is claimed, that has a result, or that is of an earlier reply is a `Conflict`. A claim
     * that is older than `take_over_after`, in seconds, is taken over. With `release`, the `claimed_at` of a claim, that
     * claim ends instead. Nothing else ends one. `results`, by the ids of the calls' messages, become part of the history
     * without a reply. With `suspend` the calls are marked as suspended instead: they run only after a decision.
     */
    readonly claim: (id: SessionId, calls: ClaimToolCalls) => Effect.Effect<ToolCallsClaimed, ChatError>
    /** One page of history, the oldest message first; `{ order: "desc" }` (an extension) gives the newest first. */
    readonly history: (id: SessionId, query?: HistoryPage) => Effect.Effect<ReadonlyArray<ChatMLMessage>, GetError>
    /** Streams the whole history, the oldest message first, page by page, as it is consumed. */
    readonly historyAll: (id: SessionId) => Stream.Stream<ChatMLMessage, GetError>
    /** Deletes every message of a session; the session and its memories stay. Succeeds if there is no such session. */
    readonly deleteHistory: (id: SessionId) => Effect.Effect<void, CallError>
    /**
     * One page of the next steps that a model suggested for the session, the newest first. `limit`: 1 to 10,000, default 100;
     * `offset`: default 0. The list is empty unless the engine's option `suggestions` is on, because each request of a model
     * has its price. The offline model suggests nothing, and a server of v0.3 always lists nothing.
     */
    readonly suggestions: (id: SessionId, query?: Page) => Effect.Effect<ReadonlyArray<Suggestion>, GetError>
    /**
     * Beyond v0.3: the prompts of the last 20 chats that asked to `explain` theirs, the newest first. The engine has them in
     * memory alone: none are left when it ends, when the history is deleted, or, the oldest first, beyond 16 MB of all
     * sessions together.
     */
    readonly prompts: (id: SessionId) => Effect.Effect<ReadonlyArray<RecentPrompt>, GetError>
  }
}

/** The id of a streamed turn, which is checked like the id of every other call. */
const OfSession = Schema.Struct({ session_id: SessionId })

/** The request of a streamed turn. What is not an input is left to its check, as in `chat`. */
const streamed = (input: string | ChatInput): ChatRequest => {
  const chat = chatInputOf(input)
  return Predicate.isReadonlyRecord(chat) ? { ...chat, stream: true } : chat
}

const chatEvents = {
  event: ChatStreamEvent,
  text: deltaText,
  finishes: (event: ChatStreamEvent) => event.finish_reason !== null
}

/** Makes the manager from the client of its group. */
export const make: Effect.Effect<Sessions.Service, never, HttpClient.HttpClient | JulepConfig> = Effect.gen(
  function* () {
    const client = yield* ApiClient.group(SessionsApi, {
      get: toGetError,
      create: toWriteError,
      list: toListError,
      update: toWriteError,
      patch: toWriteError,
      claim: toWriteError,
      delete: toCallError,
      suggestions: toGetError,
      prompts: toGetError,
      history: toGetError,
      deleteHistory: toCallError,
      chat: toWriteError,
      render: toWriteError
    })
    const { list: listTools } = yield* ApiClient.group(
      { ...ToolsApi, operations: { list: ToolsApi.operations.list } },
      { list: toGetError }
    )
    const transport = yield* ApiClient.transport("api")
    const of = (id: SessionId) => ({ session_id: id })
    const page = method("Julep.sessions.list")((query: FilteredPage) => client.list({ urlParams: query }))
    const historyPage = method("Julep.sessions.history")((id: SessionId, query: HistoryPage) =>
      client.history({ path: of(id), urlParams: query })
    )
    const chat = method("Julep.sessions.chat")((id: SessionId, input: string | ChatInput) =>
      client.chat({ path: of(id), payload: chatInputOf(input) })
    )
    const chatStream = (id: SessionId, input: string | ChatInput) =>
      Effect.as(
        ApiClient.check(OfSession, of(id)),
        ApiClient.encoded(
          ChatRequest,
          streamed(input),
          EventStream.open(transport, { path: `/sessions/${id}/chat`, ...chatEvents })
        )
      ).pipe(Stream.unwrap, Stream.withSpan("Julep.sessions.chatStream", { attributes: { "julep.session_id": id } }))
    const history = (id: SessionId, query: HistoryPage = {}) => itemsOf(historyPage(id, query))
    const claim = method("Julep.sessions.claim")((id: SessionId, payload: ClaimToolCalls) =>
      client.claim({ path: of(id), payload })
    )
    const historyAll = (id: SessionId) => listAll(undefined, (start) => historyPage(id, start))
    const get = method("Julep.sessions.get")((id: SessionId) => client.get({ path: of(id) }))
    const toolNames = (id: SessionId) =>
      Effect.gen(function* () {
        const { agent_id } = yield* get(id)
        const all = listAll(undefined, (start) => listTools({ path: { agent_id }, urlParams: start }))
        return Array.from(yield* Stream.runCollect(all), (tool) => tool.function.name)
      })
    return {
      ...Objects.make({ chat, chatStream }),
      ...Runs.make({ chat, chatStream, history, historyAll, claim, toolNames }),
      get,
      create: method("Julep.sessions.create")((payload: CreateSession) =>
        client.create({ payload }).pipe(merged(payload, CreateSession))
      ),
      list: (query = {}) => itemsOf(page(query)),
      listAll: (query) => listAll(query, (start) => page({ ...query, ...start })),
      update: update(
        "Julep.sessions.update",
        PatchSession,
        (id: SessionId, payload: UpdateSession) => client.update({ path: of(id), payload }),
        (id: SessionId, payload: PatchSession) => client.patch({ path: of(id), payload })
      ),
      delete: method("Julep.sessions.delete")((id: SessionId) => Effect.asVoid(client.delete({ path: of(id) }))),
      chat,
      chatStream,
      render: method("Julep.sessions.render")((id: SessionId, input: string | ChatInput) =>
        client.render({ path: of(id), payload: chatInputOf(input) })
      ),
      claim,
      history,
      historyAll,
      deleteHistory: method("Julep.sessions.deleteHistory")((id: SessionId) =>
        Effect.asVoid(client.deleteHistory({ path: of(id) }))
      ),
      suggestions: method("Julep.sessions.suggestions")((id: SessionId, query: Page = {}) =>
        Effect.map(client.suggestions({ path: of(id), urlParams: query }), ({ items }) => items)
      ),
      prompts: method("Julep.sessions.prompts")((id: SessionId) => itemsOf(client.prompts({ path: of(id) })))
    }
  }
)
