import * as Effect from "effect/Effect"
import type { DocIds, RecalledSources } from "../../../schema/Chat.js"
import { contentText, type InputChatMLMessage } from "../../../schema/Message.js"
import { type MemoryRow, type Owner, type SessionRow, Storage, type Turn } from "../../ports/Storage.js"
import { asked } from "../../text/Words.js"
import { fuse } from "./Fusion.js"
import { expiry } from "./MemoryLifetime.js"
import * as MemorySearch from "./MemorySearch.js"
import * as PassageSearch from "./PassageSearch.js"
import type { RankedPassage } from "./Rank.js"
import { type Match, matchesAndBeside } from "./TurnSearch.js"
import * as Vectors from "./Vectors.js"

/** At most this many passages and memories go into a context. */
const MAX_PASSAGES = 6
const MAX_MEMORIES = 6
/** So many turns are offered: a context takes the best of those that are not in its window anyway. */
const OFFERED_TURNS = 40
/** A turn that says less of the question than this is small talk. */
const TURN_MATTERS = 0.15
/** A passage that says so much of the question, in its own words, stays where they put it. */
const PLAIN = 0.5

/** A turn that was found. */
export interface RecalledTurn extends Turn {
  /** How much of the question it says, with what stands beside it: 1 where every word is there. */
  readonly score: number
}

/** What was found for a turn, best first. */
export interface Recalled {
  readonly passages: ReadonlyArray<RankedPassage>
  readonly memories: ReadonlyArray<MemoryRow>
  /** What both speakers said, in this session or before. */
  readonly turns: ReadonlyArray<RecalledTurn>
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

/** What words say plainly comes first, so that meaning never costs it; the rest is ranked by words and meaning alike. */
const withMeaning = (
  ranked: ReadonlyArray<RankedPassage>,
  nearest: ReadonlyArray<RankedPassage>
): ReadonlyArray<RankedPassage> => {
  const plain = ranked.filter(({ score }) => score >= PLAIN)
  const known = new Set(plain.map(({ place }) => place))
  const rest = fuse(
    ranked.slice(plain.length),
    nearest.filter(({ place }) => !known.has(place)),
    ({ place }) => place
  )
  return [...plain, ...rest.map(({ item, score }) => ({ ...item, score: score * PLAIN }))]
}

/** The searches that recall is made of. */
export const search = Effect.map(
  Effect.all([Storage, Vectors.make, PassageSearch.make, MemorySearch.make]),
  ([storage, vectors, docs, memories]) => {
    /** Reads turns that were found; of equals, the newest first. */
    const read = (developer: string, session: SessionRow, found: ReadonlyArray<Match>) => {
      const scores = new Map(found.map(({ place, score }) => [place, score]))
      return Effect.map(storage.entries.turns(developer, session.id, [...scores.keys()]), (turns) =>
        turns
          .map((turn): RecalledTurn => ({ ...turn, score: scores.get(turn.place) ?? 0 }))
          .sort((one, other) => other.score - one.score || other.entry.created_at - one.entry.created_at)
      )
    }
    return {
      /** The passages of the docs of a session's agent and user that say most about a text. */
      passages: Effect.fnUntraced(function* (developer: string, session: SessionRow, text: string, limit: number) {
        const owners = ownersOf(session)
        const ranked = yield* docs.byWords(developer, owners, text)
        const near = yield* vectors.nearest(developer, owners, text)
        if (near.length === 0) return ranked.slice(0, limit)
        const scores = new Map(near.map(({ place, score }) => [place, score]))
        const nearest = yield* docs.read(
          developer,
          near.map(({ place }) => place)
        )
        return withMeaning(
          ranked,
          nearest.map((passage) => ({ ...passage, score: scores.get(passage.place) ?? 0 }))
        ).slice(0, limit)
      }),
      /**
       * What both speakers said about a text, in this session and in others of its agent with its user, and what the agent
       * remembers of the user; at most so many of each.
       */
      said: Effect.fnUntraced(function* (
        developer: string,
        session: SessionRow,
        text: string,
        limit: { readonly turns: number; readonly memories: number }
      ) {
        const found = yield* storage.entries.find(developer, session.id, asked(text))
        const turns = matchesAndBeside(found.turns, TURN_MATTERS).slice(0, limit.turns)
        return {
          memories: yield* memories.best(developer, found.memories, { limit: limit.memories, offset: 0 }),
          turns: turns.length === 0 ? [] : yield* read(developer, session, turns)
        }
      })
    }
  }
)

/** Finds what docs, memories and earlier turns say about the text of a turn. */
export const make = Effect.gen(function* () {
  const find = yield* search
  const expire = yield* expiry
  return Effect.fnUntraced(function* (developer: string, session: SessionRow, text: string) {
    if (text.trim() === "") return nothing
    yield* expire(developer, session.agent_id)
    const passages = yield* find.passages(developer, session, text, MAX_PASSAGES)
    const { memories, turns } = yield* find.said(developer, session, text, {
      turns: OFFERED_TURNS,
      memories: MAX_MEMORIES
    })
    // What a memory says already is not said twice.
    const told = new Set(memories.flatMap(({ source_message_ids }) => source_message_ids))
    return { passages, memories, turns: turns.filter(({ entry }) => !told.has(entry.id)) }
  })
})
