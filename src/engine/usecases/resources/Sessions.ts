/** The use cases of sessions, which answer the calls of the manager in `services/Sessions.ts`. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AgentId } from "../../../schema/Agent.js"
import type { FilteredCursorPage, Page } from "../../../schema/api/Query.js"
import type { HistoryCursorPage } from "../../../schema/api/SessionsApi.js"
import type { MessageId } from "../../../schema/Message.js"
import type { CreateSession, PatchSession, SessionId, Suggestion, UpdateSession } from "../../../schema/Session.js"
import type { UserId } from "../../../schema/User.js"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import { Ids } from "../../ports/Ids.js"
import { type EntryRow, type SessionRow, Storage, type StorageError, type SuggestionRow } from "../../ports/Storage.js"
import { shortHash } from "../../text/ShortHash.js"
import { found, orNotFound } from "../Failure.js"
import type { RecentPrompts } from "../prompt/RecentPrompts.js"
import * as Prompt from "../prompt/Templates.js"
import { isOpen, toolCallGroupOf } from "../prompt/ToolCallGroup.js"
import { trimmedFirst } from "./Histories.js"
import { toMessage } from "./Messages.js"
import { checkMetadata, mergeMetadata } from "./Metadata.js"
import { filtered, paged, pageOf } from "./Paging.js"
import { created, deleted, updated } from "./Receipts.js"

const sessionId = Brand.nominal<SessionId>()
const agentId = Brand.nominal<AgentId>()
const userId = Brand.nominal<UserId>()
const messageId = Brand.nominal<MessageId>()

const toSession = (row: SessionRow) => ({
  id: sessionId(row.id),
  agent_id: agentId(row.agent_id),
  ...(row.user_id === null ? {} : { user_id: userId(row.user_id) }),
  situation: row.situation,
  ...(row.summary === null ? {} : { summary: row.summary }),
  metadata: row.metadata,
  render_templates: row.render_templates,
  created_at: new Date(row.created_at),
  updated_at: new Date(row.updated_at)
})

const toSuggestion = (row: SuggestionRow): Required<Suggestion> => ({
  target: row.target,
  content: row.content,
  message_id: messageId(row.message_id),
  session_id: sessionId(row.session_id),
  created_at: new Date(row.created_at)
})

/** Sessions and their history. */
export const make = Effect.fnUntraced(function* (recent: RecentPrompts) {
  const storage = yield* Storage
  const ids = yield* Ids
  const prompt = yield* Prompt.make
  const get = (developer: string, id: SessionId) => found("session", id)(storage.sessions.get(developer, id))

  const exists = (developer: string, id: SessionId) => orNotFound("session", id)(storage.sessions.exists(developer, id))

  /** A message of history. The mark of a suspended call stays in the store, and counts while the call is open. */
  const whileOpen = (developer: string, id: SessionId) => (row: EntryRow) =>
    row.suspended
      ? Effect.map(storage.entries.calls(developer, id, row.id), (entries) => ({
          ...row,
          suspended: isOpen(toolCallGroupOf(entries))(row.id)
        }))
      : Effect.succeed(row)

  const change = Effect.fnUntraced(function* (
    developer: string,
    id: SessionId,
    next: (row: SessionRow) => Partial<SessionRow>
  ) {
    const row = yield* found("session", id)(storage.sessions.getForUpdate(developer, id))
    const at = yield* Clock.currentTimeMillis
    const changed = { ...row, ...next(row), updated_at: at }
    yield* checkMetadata(changed.metadata)
    if (changed.render_templates) yield* prompt.check("situation", changed.situation)
    yield* storage.sessions.update(developer, changed)
    return updated(id, at)
  }, storage.transaction)

  /** Deletes what was made of the messages of a session, then these messages; returns whether others are left. */
  const clear = Effect.fnUntraced(function* (
    developer: string,
    id: SessionId,
    messages: Effect.Effect<boolean, StorageError>
  ) {
    const session = yield* storage.sessions.getForUpdate(developer, id)
    if (Option.isNone(session)) return false
    const row = session.value
    yield* storage.memories.removeSources(developer, id)
    const left = yield* messages
    const history_epoch = row.history_epoch + 1
    yield* storage.sessions.update(developer, { ...row, summary: null, summarized_through: null, history_epoch })
    return left
  }, storage.transaction)

  return {
    create: Effect.fnUntraced(function* (developer: string, input: CreateSession) {
      yield* checkMetadata(input.metadata)
      if (input.render_templates === true) yield* prompt.check("situation", input.situation ?? "")
      yield* orNotFound("agent", input.agent_id)(storage.agents.existsForShare(developer, input.agent_id))
      if (input.user_id !== undefined)
        yield* orNotFound("user", input.user_id)(storage.users.existsForShare(developer, input.user_id))
      const id = yield* ids.next
      const at = yield* Clock.currentTimeMillis
      yield* storage.sessions.insert(developer, {
        id,
        agent_id: input.agent_id,
        user_id: input.user_id ?? null,
        situation: input.situation ?? "",
        summary: null,
        summarized_through: null,
        history_epoch: 0,
        nonce: shortHash(yield* ids.next),
        render_templates: input.render_templates ?? false,
        metadata: { ...input.metadata },
        created_at: at,
        updated_at: at
      })
      return created(sessionId(id), at)
    }, storage.transaction),
    get: (developer: string, id: SessionId) => Effect.map(get(developer, id), toSession),
    list: (developer: string, query: FilteredCursorPage) =>
      filtered("sessions", query, toSession, (page) => storage.sessions.list(developer, page)),
    update: (developer: string, id: SessionId, input: UpdateSession) =>
      change(developer, id, (row) => ({
        situation: input.situation,
        metadata: { ...(input.metadata ?? row.metadata) }
      })),
    patch: (developer: string, id: SessionId, input: PatchSession) =>
      change(developer, id, (row) => ({
        situation: input.situation ?? row.situation,
        metadata: input.metadata === undefined ? row.metadata : mergeMetadata(row.metadata, input.metadata)
      })),
    /** A session that does not exist is deleted, as in v0.3. */
    remove: (developer: string, id: SessionId) =>
      storage.sessions.remove(developer, id).pipe(
        trimmedFirst(storage, developer, { kind: "session", id }),
        Effect.tap(() => recent.forget(developer, id)),
        Effect.zipRight(deleted(id))
      ),
    history: (developer: string, id: SessionId, query: HistoryCursorPage) => {
      const order = query.order ?? "asc"
      const page = paged(`history of ${id} ${order}`, query, toMessage, (page) =>
        Effect.flatMap(storage.entries.list(developer, id, { order, ...page }), (page) =>
          Effect.map(Effect.forEach(page.rows, whileOpen(developer, id)), (rows) => ({ ...page, rows }))
        )
      )
      return Effect.zipRight(exists(developer, id), page)
    },
    /**
     * Also deletes the summary of the deleted messages, and the memories without another source. The history of a session
     * that does not exist is deleted, as in v0.3.
     */
    clearHistory: (developer: string, id: SessionId) => {
      const all = Effect.as(storage.entries.clear(developer, id), false)
      const some = Effect.flatMap(storage.entries.trim(developer, { kind: "session", id }), (left) =>
        left ? Effect.succeed(true) : all
      )
      const rest = trimmedFirst(storage, developer, { kind: "session", id })(clear(developer, id, all))
      return clear(developer, id, some).pipe(
        Effect.tap((left) => (left ? Effect.zipRight(yieldToEventLoop, rest) : Effect.void)),
        Effect.tap(() => recent.forget(developer, id)),
        Effect.uninterruptible,
        Effect.zipRight(deleted(id))
      )
    },
    suggestions: (developer: string, id: SessionId, page: Page) =>
      Effect.zipRight(
        exists(developer, id),
        Effect.map(storage.suggestions.list(developer, id, pageOf(page)), ({ rows }) => rows.map(toSuggestion))
      ),
    /** The prompts of the last chats that asked to explain them, newest first. */
    prompts: (developer: string, id: SessionId) => Effect.map(exists(developer, id), () => recent.list(developer, id))
  }
})
