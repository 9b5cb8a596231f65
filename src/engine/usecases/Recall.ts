import * as Effect from "effect/Effect"
import type { DocIds, RecalledSources } from "../../schema/Chat.js"
import { contentText, type InputChatMLMessage } from "../../schema/Message.js"
import {
  type MemoryRow,
  type Owner,
  type Passage,
  type SessionRow,
  Storage,
  type Talk,
  type Turn
} from "../ports/Storage.js"
import { fuse } from "./Fusion.js"
import { expiry } from "./MemoryLifetime.js"
import * as Rank from "./Rank.js"
import * as Vectors from "./Vectors.js"

/** At most this many passages and memories go into a context. */
const MAX_PASSAGES = 6
const MAX_MEMORIES = 6
/** So many turns are offered: a context takes the best of those that are not in its window anyway. */
const OFFERED_TURNS = 40
/** A turn that says less of the question than this is small talk. */
const TURN_MATTERS = 0.25
/** A passage that says so much of the question, in its own words, stays where they put it. */
const PLAIN = 0.5
/** The best of the index that are ranked. */
const CANDIDATES = 60
/** Fewer of turns: what stands beside each is ranked with it, and more find no more evidence and cost every chat. */
const TURN_CANDIDATES = 40

/** What was found for a turn, best first. */
export interface Recalled {
  readonly passages: ReadonlyArray<Passage>
  readonly memories: ReadonlyArray<MemoryRow>
  /** What both speakers said, in this session or before. */
  readonly turns: ReadonlyArray<Turn>
}

/** Nothing, as when `recall` is false. */
export const nothing: Recalled = { passages: [], memories: [], turns: [] }

/** What is looked for: the words of the new messages. */
export const queryOf = (messages: ReadonlyArray<InputChatMLMessage>): string =>
  messages
    .filter((message) => message.role === "user" || message.role === "auto")
    .map((message) => contentText(message.content))
    .join("\n")

/** The docs the passages are of, each once, by whose they are. */
export const docIdsOf = ({ passages }: Pick<Recalled, "passages">): DocIds => {
  const idsOf = (kind: Owner["kind"]) => [
    ...new Set(passages.filter((passage) => passage.owner.kind === kind).map((passage) => passage.doc_id))
  ]
  return { agent_doc_ids: idsOf("agent"), user_doc_ids: idsOf("user") }
}

/** What a reply tells of where it comes from. */
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
    memories: recalled.memories.map(({ content, id }) => ({ id, content })),
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

const ownersOf = ({ agent_id, user_id }: SessionRow): ReadonlyArray<Owner> => [
  { kind: "agent", id: agent_id },
  ...(user_id === null ? [] : [{ kind: "user" as const, id: user_id }])
]

const talkOf = ({ agent_id, id, user_id }: SessionRow): Talk =>
  user_id === null ? { session_id: id } : { session_id: id, agent_id, user_id }

const scored = <A extends { readonly score: number }>(ranked: ReadonlyArray<Rank.Ranked<A>>): ReadonlyArray<A> =>
  ranked.map(({ item, score }) => ({ ...item, score }))

const placeOf = ({ doc_id, index }: Passage): string => `${doc_id} ${index}`

/** What words say plainly comes first, so that meaning never costs it; the rest is ranked by words and meaning alike. */
const withMeaning = (ranked: ReadonlyArray<Passage>, nearest: ReadonlyArray<Passage>): ReadonlyArray<Passage> => {
  const plain = ranked.filter(({ score }) => score >= PLAIN)
  const known = new Set(plain.map(placeOf))
  const rest = fuse(
    ranked.slice(plain.length),
    nearest.filter((passage) => !known.has(placeOf(passage))),
    placeOf
  )
  return [...plain, ...rest.map(({ item, score }) => ({ ...item, score: score * PLAIN }))]
}

/** The searches that recall is made of. */
export const search = Effect.map(Effect.all([Storage, Vectors.make]), ([storage, vectors]) => ({
  /** The passages of the docs of a session's agent and user that say most about a text. */
  passages: Effect.fnUntraced(function* (developer: string, session: SessionRow, text: string, limit: number) {
    const owners = ownersOf(session)
    const found = yield* storage.docs.search(developer, owners, text, CANDIDATES)
    const ranked = scored(Rank.rank(found, (item) => ({ ...item, whole: item.doc_id, beside: [] }), Rank.passages))
    const nearest = yield* vectors.nearest(developer, owners, text)
    return (nearest.length === 0 ? ranked : withMeaning(ranked, nearest)).slice(0, limit)
  }),
  /** What both speakers said about a text: in this session, and in others of its agent with its user. */
  turns: (developer: string, session: SessionRow, text: string, limit: number) =>
    Effect.map(storage.entries.search(developer, talkOf(session), text, TURN_CANDIDATES), (found) => {
      const places = new Map(found.items.map(({ entry }, place) => [entry.id, place]))
      const view = ({ beside, entry, score }: Turn): Rank.View => ({
        title: entry.name ?? "",
        text: contentText(entry.content),
        score,
        whole: entry.id,
        beside: beside.flatMap((id) => places.get(id) ?? [])
      })
      return scored(Rank.rank(found, view, Rank.turns).slice(0, limit))
    })
}))

/** Finds what docs, memories and earlier turns say about the text of a turn. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const find = yield* search
  const expire = yield* expiry
  return Effect.fnUntraced(function* (developer: string, session: SessionRow, text: string) {
    if (text.trim() === "") return nothing
    yield* expire(developer, session.agent_id)
    const passages = yield* find.passages(developer, session, text, MAX_PASSAGES)
    const memories =
      session.user_id === null
        ? []
        : yield* storage.memories.list(developer, session.agent_id, {
            query: text,
            user_id: session.user_id,
            limit: MAX_MEMORIES,
            offset: 0
          })
    // What a memory says already is not said twice.
    const told = new Set(memories.flatMap(({ source_message_ids }) => source_message_ids))
    const found = yield* find.turns(developer, session, text, OFFERED_TURNS)
    const turns = found.filter(({ entry, score }) => score >= TURN_MATTERS && !told.has(entry.id))
    return { passages, memories, turns }
  })
})
