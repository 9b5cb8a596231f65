/** Records a turn in the store. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ChatRequest } from "../../../schema/Chat.js"
import { NotFound } from "../../../schema/Errors.js"
import { contentText } from "../../../schema/Message.js"
import { Ids } from "../../ports/Ids.js"
import { Model } from "../../ports/Model.js"
import { type EntryRow, type MemoryRow, Storage, type StorageError } from "../../ports/Storage.js"
import { withSpan } from "../../telemetry/Spans.js"
import { notFound, orNotFound } from "../Failure.js"
import { JobQueue, type Work } from "../JobQueue.js"
import { type Statement, statementsOf } from "../learn/Statements.js"
import * as Suggest from "../learn/Suggest.js"
import * as Summarize from "../learn/Summarize.js"
import * as EmbedJobs from "../recall/EmbedJobs.js"
import * as MemoryLifetime from "../recall/MemoryLifetime.js"
import { replyId } from "./Assemble.js"
import { attributesOf, type Turn } from "./Turn.js"
import { type ReplyContent, replyEntries } from "./TurnReply.js"

/** The rows that a finished turn adds to the store. */
export interface TurnRecord {
  readonly at: number
  /** The messages of the reply. */
  readonly entries: NonEmptyReadonlyArray<EntryRow>
  readonly memories: ReadonlyArray<MemoryRow>
  /** Facts to extract, where the model can, and a summary, where it is due. */
  readonly jobs: ReadonlyArray<Work>
}

/** What a finished turn has stored: the messages of the reply, and the ids of the jobs. */
export interface Recorded {
  readonly entries: NonEmptyReadonlyArray<EntryRow>
  readonly jobs: ReadonlyArray<string>
}

/** What becomes of a finished turn, in the transaction that stores it. */
export interface Report<A, E> {
  /** Whether it writes anything. If not, it does not use the store. */
  readonly writes: boolean
  readonly of: (recorded: Recorded) => Effect.Effect<A, E>
}

const isRecorded = (request: ChatRequest): boolean => request.record !== false

/** Messages that must not be remembered are not recalled in other sessions either. */
const isShared = (request: ChatRequest): boolean => request.remember !== false

const historyDeleted = (id: string) =>
  new NotFound({
    message: `The history of session ${id} was deleted before the model replied, so the reply is not stored. Send the chat again.`,
    resource: "session",
    id,
    status: 404
  })

/** Whether a message may state a fact. The model judges, because only it reads every language. */
const isUserText = ({ content, role }: EntryRow): boolean => role === "user" && contentText(content).trim() !== ""

/** Whether a message ends a turn: after a call, the turn goes on with its results. */
const isWholeReply = ({ aborted, role }: EntryRow): boolean => role === "assistant" && !aborted

/** Statements as memories without ids. */
const memoriesOf = ({ request, session }: Turn, statements: ReadonlyArray<Statement>, at: number) =>
  statements.map(
    ({ message_id, text, time }): Omit<MemoryRow, "id"> => ({
      agent_id: session.agent_id,
      user_id: session.user_id,
      content: text,
      entities: [],
      sentiment: 0,
      timestamp: time?.from ?? at,
      ends_at: time?.until ?? null,
      last_accessed_at: null,
      created_at: at,
      source_message_ids: isRecorded(request) ? [message_id] : []
    })
  )

export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const { instructable } = yield* Model
  const summaries = yield* Summarize.make
  const suggestions = yield* Suggest.make
  const jobQueue = yield* JobQueue
  const embeds = yield* EmbedJobs.make
  const needingAccessUpdate = yield* MemoryLifetime.needingAccessUpdate
  const expire = yield* MemoryLifetime.deleteExpired
  const memoriesExpire = yield* MemoryLifetime.isFinite

  const withId = (row: Omit<MemoryRow, "id">) => Effect.map(ids.next, (id): MemoryRow => ({ id, ...row }))

  /** The messages of a reply. Under a key their ids say that the request was answered. */
  const entriesOf = ({ agent, key, source }: Turn, reply: ReplyContent, at: number, aborted = false) =>
    Effect.forEach(replyEntries(reply, agent, source, at, aborted), (row, index) =>
      Effect.map(key === undefined ? ids.next : replyId(key, index), (id): EntryRow => ({ id, ...row }))
    )

  const jobsOf = Effect.fnUntraced(function* (
    { agent, history, id, messages, request }: Turn,
    entries: NonEmptyReadonlyArray<EntryRow>
  ): Effect.fn.Return<ReadonlyArray<Work>> {
    if (!isRecorded(request)) return []
    const [first] = messages
    const last = entries.at(-1) ?? entries[0]
    const facts: Work = { name: "note_facts", payload: { session_id: id, from: first.id, through: last.id } }
    const summary: Work = { name: "summarize_session", payload: { session_id: id } }
    return [
      ...embeds(EmbedJobs.ofSession(id)),
      ...(instructable && isShared(request) && messages.some(isUserText) ? [facts] : []),
      ...((yield* summaries.isDue(agent, [...history, ...messages, ...entries])) ? [summary] : [])
    ]
  })

  /** The job of suggestions after a stored reply, if one is due. */
  const suggestingOf = Effect.fnUntraced(function* (
    { developer, id, request }: Turn,
    entries: NonEmptyReadonlyArray<EntryRow>
  ): Effect.fn.Return<ReadonlyArray<Work>, StorageError> {
    const last = entries.at(-1) ?? entries[0]
    const due = isRecorded(request) && isWholeReply(last) && (yield* suggestions.fallDue(developer, id, last.id))
    return due ? [{ name: "make_suggestions", payload: { session_id: id } }] : []
  })

  const recordOf = Effect.fnUntraced(function* (turn: Turn, reply: ReplyContent) {
    const at = yield* Clock.currentTimeMillis
    const entries = yield* entriesOf(turn, reply, at)
    // A model finds the facts of a turn later, in a job.
    const statements = !instructable && isShared(turn.request) ? statementsOf(turn.messages) : []
    const memories = yield* Effect.forEach(memoriesOf(turn, statements, at), withId)
    const record: TurnRecord = { at, entries, memories, jobs: yield* jobsOf(turn, entries) }
    return record
  })

  /** What the store is to write of a turn. */
  const finishedOf = ({ fence, messages, request }: Turn, { at, entries }: Pick<TurnRecord, "at" | "entries">) => ({
    at,
    fence,
    shared: isShared(request),
    ...(isRecorded(request) ? { entries, answers: messages[0].id } : { entries: [], answers: null }),
    accessed: [],
    memories: [],
    writesMore: true
  })

  /** The error of a turn that was deleted while the model replied: its history alone, or the session with it. */
  const deleted = ({ developer, id }: Turn) =>
    Effect.flatMap(storage.sessions.exists(developer, id), (exists) =>
      Effect.fail(exists ? historyDeleted(id) : notFound("session", id))
    )

  /** Writes memories after the expired ones are deleted: one that is the same as an expired memory must not go with it. */
  const rememberLate = ({ agent, developer }: Turn, memories: ReadonlyArray<MemoryRow>) =>
    !memoriesExpire || memories.length === 0
      ? undefined
      : Effect.zipRight(
          expire(developer, agent.id),
          Effect.forEach(memories, (memory) => storage.memories.remember(developer, memory), { discard: true })
        )

  /** Writes what follows a reply: memories after expired ones, and jobs. */
  const follow = Effect.fnUntraced(function* (
    turn: Turn,
    { entries, jobs }: TurnRecord,
    late: ReturnType<typeof rememberLate>
  ) {
    if (late !== undefined) yield* late
    const works = [...jobs, ...(yield* suggestingOf(turn, entries))]
    const recorded: Recorded = {
      entries,
      jobs: yield* Effect.forEach(works, (work) => jobQueue.add(turn.developer, work))
    }
    return recorded
  })

  /** Writes the text of a reply that broke off, and the jobs of its turn. */
  const writePartial = Effect.fnUntraced(function* (turn: Turn, text: string) {
    const at = yield* Clock.currentTimeMillis
    const entries = yield* entriesOf(turn, { content: text, tool_calls: [] }, at, true)
    const jobs = yield* jobsOf(turn, entries)
    const added = Effect.forEach(jobs, (work) => jobQueue.add(turn.developer, work), { discard: true })
    yield* storage.turns.finish(turn.developer, turn.id, finishedOf(turn, { at, entries }), added)
  })

  /**
   * Writes a record in one transaction, so that a crash leaves no half of it, and succeeds with what `report` makes of it,
   * which may write, too. If the session exists, its agent and user exist, too: deleting either deletes the session. A reply
   * to messages that were deleted is not stored.
   */
  const write = <A, E>(turn: Turn, record: TurnRecord, report: Report<A, E>) => {
    const { at, jobs, memories } = record
    const { developer, id, recalled } = turn
    const late = rememberLate(turn, memories)
    const following = Effect.flatMap(follow(turn, record, late), report.of)
    const finished = {
      ...finishedOf(turn, record),
      accessed: needingAccessUpdate(recalled.memories, at),
      memories: late === undefined ? memories : [],
      writesMore: report.writes || suggestions.areMade || late !== undefined || jobs.length > 0
    }
    return Effect.flatMap(
      storage.turns.finish(developer, id, finished, following),
      Option.match({ onNone: () => deleted(turn), onSome: Effect.succeed })
    )
  }

  return {
    /** Stores the messages of the request, before the request to the model, so that a crash loses none of them. */
    recordMessages: Effect.fnUntraced(function* ({ developer, fence, fresh, id, moved, request }: Turn) {
      if (!isRecorded(request)) return
      if (fresh.length > 0) {
        yield* orNotFound(
          "session",
          id
        )(storage.entries.append(developer, id, fresh, { shared: isShared(request), fence }))
      }
      if (moved.length > 0) yield* storage.entries.moveToEnd(developer, id, moved, fence)
    }),

    /** Stores what a finished turn adds: the reply, memories and jobs. Succeeds with what `report` makes of them. */
    recordTurn: <A, E>(turn: Turn, reply: ReplyContent, report: Report<A, E>) =>
      Effect.flatMap(recordOf(turn, reply), (record) => write(turn, record, report)).pipe(
        withSpan("chat.record", attributesOf(turn))
      ),

    /** Marks the messages that made the endpoint refuse the prompt: it would refuse every later prompt with them. */
    recordRefusal: (turn: Turn) =>
      isRecorded(turn.request)
        ? storage.entries.refuse(turn.developer, turn.id, turn.refusable, turn.fence)
        : Effect.void,

    /**
     * Stores the text of a reply that broke off, marked as aborted, and the jobs of its turn. Calls that nothing has run yet
     * are dropped.
     */
    recordPartial: (turn: Turn, text: string) =>
      !isRecorded(turn.request) || text === ""
        ? Effect.void
        : withSpan("chat.record", attributesOf(turn))(writePartial(turn, text))
  }
})
