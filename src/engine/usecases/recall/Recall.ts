import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ChatRequest, DocIds, RecalledSources } from "../../../schema/Chat.js"
import type { JsonObject } from "../../../schema/Field.js"
import { contentText, type InputChatMLMessage } from "../../../schema/Message.js"
import { type Owner, type Participants, type SessionRow, Storage } from "../../ports/Storage.js"
import * as DocumentExpansion from "./DocumentExpansion.js"
import { deleteExpiredThrottled } from "./MemoryLifetime.js"
import * as MemorySearch from "./MemorySearch.js"
import * as PassageSearch from "./PassageSearch.js"
import * as PassageVectors from "./PassageVectors.js"
import * as QueryVector from "./QueryVector.js"
import type { RankedPassage } from "./Rank.js"
import * as Rerank from "./Rerank.js"
import { bestRows, LIMITS } from "./Scores.js"
import * as TimedQuery from "./TimedQuery.js"
import * as TurnSearch from "./TurnSearch.js"
import * as TurnVectors from "./TurnVectors.js"

/** How many more turns are found than a prompt takes: its history may contain as many of the best anyway. */
const SPARE_TURNS = 32

/** A session with its agent and its user. */
type SessionParticipants = Pick<Participants, "session" | "agent" | "user"> & Partial<Pick<Participants, "newer">>

/** Which passages are recalled: by the least score, and by the metadata of their docs. Default: all. */
interface PassageFilter {
  readonly threshold?: number | undefined
  readonly metadata_filter?: JsonObject | undefined
}

/** What a turn recalls: the most of each kind, and which. */
export interface Limits extends PassageFilter {
  readonly passages: number
  readonly memories: number
  readonly turns: number
}

/** What a turn recalls that does not say. */
export const DEFAULTS: Limits = { passages: 6, memories: 6, turns: 8 }
const NOTHING: Limits = { passages: 0, memories: 0, turns: 0 }

/** What a request says that its turn recalls. */
export const limitsOf = ({ recall = true }: Pick<ChatRequest, "recall">): Limits => {
  if (typeof recall === "boolean") return recall ? DEFAULTS : NOTHING
  const { memories = DEFAULTS.memories, messages = DEFAULTS.turns, passages = DEFAULTS.passages } = recall
  const { metadata_filter, threshold } = recall
  return { passages, memories, turns: messages, threshold, metadata_filter }
}

/** The results of recall for a turn, best first. */
export interface Recalled {
  readonly passages: ReadonlyArray<RankedPassage>
  readonly memories: ReadonlyArray<MemorySearch.RecalledMemory>
  /** Messages of users and assistants, of this session or earlier ones. */
  readonly turns: ReadonlyArray<TurnSearch.RecalledTurn>
}

/** The result where recall is off or finds nothing. */
export const nothing: Recalled = { passages: [], memories: [], turns: [] }

/** The text to search for: the new messages of the user. */
export const queryOf = (messages: ReadonlyArray<InputChatMLMessage>): string =>
  messages
    .filter((message) => message.role === "user" || message.role === "auto")
    .map((message) => contentText(message.content))
    .join("\n")

/** The ids of the docs that the passages are of, and of their copies, without duplicates, by the kind of their owner. */
export const docIdsOf = ({ passages }: Pick<Recalled, "passages">): DocIds => {
  const docs = passages.flatMap((passage) => [passage, ...(passage.copies ?? [])])
  const idsOf = (kind: Owner["kind"]) => [
    ...new Set(docs.filter(({ owner }) => owner.kind === kind).map(({ doc_id }) => doc_id))
  ]
  return { agent_doc_ids: idsOf("agent"), user_doc_ids: idsOf("user") }
}

/** The sources that a reply names. */
export const sourcesOf = (recalled: Recalled): { readonly doc_ids: DocIds; readonly recalled: RecalledSources } => ({
  doc_ids: docIdsOf(recalled),
  recalled: {
    snippets: recalled.passages.map(({ doc_id, index, owner, score, text, title }) => ({
      doc_id,
      owner: owner.kind,
      title,
      index,
      content: text,
      score
    })),
    memories: recalled.memories.map(({ content, id, score }) => ({ id, content, score })),
    messages: recalled.turns.map(({ entry, score, session_id }) => ({
      id: entry.id,
      session_id,
      role: entry.role,
      content: contentText(entry.content),
      created_at: new Date(entry.created_at),
      score
    }))
  }
})

/** The owners of the docs that a session recalls: its agent, and its user if it has one. */
export const ownersOf = ({ agent_id, user_id }: SessionRow): ReadonlyArray<Owner> => [
  { kind: "agent", id: agent_id },
  ...(user_id === null ? [] : [{ kind: "user" as const, id: user_id }])
]

/** The vector of a question, if there is an embedder and it answers. */
type QuestionVector = ReturnType<Effect.Effect.Success<typeof QueryVector.make>["embed"]>

/** What finds turns: a text, with what was found for its words, the memories whose sources it finds, and its vector. */
interface TurnQuery {
  readonly text: string
  readonly query: TimedQuery.TimedQuery
  readonly found: Effect.Effect.Success<ReturnType<Storage.Service["entries"]["find"]>>
  readonly keys: ReadonlyArray<DocumentExpansion.ExpandingMemory>
  readonly limit: Pick<Limits, "turns" | "threshold">
  readonly vector: Effect.Effect.Success<QuestionVector>
}

/** The searches that recall consists of. */
export const search = Effect.map(
  Effect.all([
    Storage,
    QueryVector.make,
    PassageSearch.make,
    MemorySearch.make,
    DocumentExpansion.make,
    TurnSearch.make,
    TurnVectors.make,
    Rerank.make
  ]),
  ([storage, { embed, embedOnce }, docs, memories, keys, turns, nearTurns, rerank]) => {
    const withVectors = PassageVectors.make(storage.vectors, docs.read)
    /** Reads the best turns, and says whether the sources of memories turned out to be others, which finds other turns. */
    const readTurns = Effect.fnUntraced(function* (
      developer: string,
      participants: SessionParticipants,
      { found, keys: memoryKeys, limit, query, text, vector }: TurnQuery
    ) {
      const { session } = participants
      const sources = yield* keys.sources(developer, session, memoryKeys)
      const scored = TurnSearch.scoreTurns(
        TimedQuery.orTimeTerms(query, DocumentExpansion.expand(found.turns, found.memories, sources))
      )
      const most = limit.turns + SPARE_TURNS
      const best =
        vector === undefined
          ? // Rows that contain nothing are left out, also with a threshold of 0.
            bestRows(scored, most, limit.threshold || undefined)
          : (yield* nearTurns(developer, session, scored, vector)).slice(0, most)
      const read = yield* turns.read(developer, participants, text, best)
      return { read, isCorrected: keys.correct(best, read, sources) }
    })
    return {
      embedOnce,
      /** The best passages for a text, of the docs of some owners. */
      passages: Effect.fnUntraced(function* (
        developer: string,
        owners: ReadonlyArray<Owner>,
        text: string,
        limit: number,
        { metadata_filter, threshold = 0 }: PassageFilter = {},
        vectorOf: QuestionVector = embed(developer, text)
      ) {
        if (limit === 0) return []
        const best = (passages: ReadonlyArray<RankedPassage>) =>
          Effect.map(rerank(text, passages), (order) => order.filter(({ score }) => score >= threshold).slice(0, limit))
        const ranked = yield* docs.byWords(developer, owners, text, metadata_filter)
        const vector = yield* vectorOf
        if (vector === undefined) return yield* best(ranked)
        const combined = yield* withVectors(developer, owners, ranked, vector, metadata_filter)
        return yield* best(combined.slice(0, Math.max(limit, Rerank.MAX_PASSAGES)))
      }),
      /**
       * The best turns for a text, of this session and others of its agent with its user, and the best memories of the user.
       * There are {@link SPARE_TURNS} more turns than the limit, because the history of a prompt may contain the best anyway.
       */
      said: Effect.fnUntraced(function* (
        developer: string,
        participants: SessionParticipants,
        text: string,
        limit: Pick<Limits, "turns" | "memories" | "threshold">,
        vectorOf: QuestionVector = embed(developer, text)
      ) {
        if (limit.turns === 0 && limit.memories === 0) return { memories: [], turns: [] }
        const { threshold } = limit
        const now = yield* Clock.currentTimeMillis
        const query = TimedQuery.parse(text, now)
        const found = yield* storage.entries.find(developer, participants.session.id, query.terms, LIMITS)
        const { newer = [], session } = participants
        keys.learn(developer, session, newer)
        const vector = yield* vectorOf
        const cosines =
          session.user_id === null
            ? undefined
            : yield* memories.cosines(developer, session.agent_id, session.user_id, vector)
        const most = Math.max(limit.memories, limit.turns === 0 ? 0 : DocumentExpansion.MAX_EXPANDING)
        const ranked = memories.rank(TimedQuery.orTimeTerms(query, found.memories), most, cosines)
        // Those after the limit only find turns, for which their sources are enough.
        const recent = keys.recent(developer, ranked.slice(limit.memories), now)
        const some = yield* memories.read(
          developer,
          ranked.filter(({ rowId }) => !recent.has(rowId))
        )
        // The lifetime of some has passed: others take their places.
        const facts = some.length + recent.size < ranked.length ? yield* memories.read(developer, ranked) : some
        keys.note(developer, facts, now)
        const isEnough = ({ score }: { readonly score: number }) => score >= (threshold ?? 0)
        const best = facts.slice(0, limit.memories).filter(isEnough)
        if (limit.turns === 0) return { memories: best, turns: [] }
        const wanted = { text, query, found, keys: [...facts, ...recent.values()], limit, vector }
        const first = yield* readTurns(developer, participants, wanted)
        const { read } = first.isCorrected ? yield* readTurns(developer, participants, wanted) : first
        return { memories: best, turns: read.filter(isEnough) }
      })
    }
  }
)

/** Finds what docs, memories and earlier turns say about the text of a turn. */
export const make = Effect.gen(function* () {
  const { together } = yield* Storage
  const find = yield* search
  const sweep = yield* deleteExpiredThrottled
  return Effect.fnUntraced(function* (
    developer: string,
    participants: SessionParticipants,
    text: string,
    limits: Limits
  ) {
    if (text.trim() === "") return nothing
    const { session } = participants
    yield* sweep(developer, session.agent_id)
    const vector = yield* find.embedOnce(developer, text)
    const [passages, { memories, turns }] = yield* together(
      find.passages(developer, ownersOf(session), text, limits.passages, limits, vector),
      find.said(developer, participants, text, limits, vector)
    )
    const isSaid = DocumentExpansion.isSaidBy(memories)
    return { passages, memories, turns: turns.filter((turn) => !isSaid(turn)) }
  })
})
