/**
 * Document expansion: a turn is also found by the memories that were made of it. "Does Sam have a pet?" finds the turn that
 * says more about Rex by the memory "Rex is Sam's pet", whose words the turn does not have.
 */
import * as Effect from "effect/Effect"
import { contentText } from "../../../schema/Message.js"
import {
  type FoundMemory,
  type HistoryRow,
  type MemoryRow,
  type Postings,
  type SessionRow,
  Storage,
  type StorageError,
  type TurnRow
} from "../../ports/Storage.js"
import { Bounded } from "../../text/Bounded.js"
import { stopWords } from "../../text/StopWords.js"
import { stemOf, termsOf, wordsOf } from "../../text/Words.js"
import type { ScoredRow } from "./Scores.js"

/** How many of the best memories expand the turns that they were made of. */
export const MAX_EXPANDING = 20
/** The newest sources of a memory that take its terms: it also has those of the memories that it replaced. */
const MAX_SOURCES = 4

/** The row ids of the turns that memories were made of, by the row ids of the memories. */
export type Sources = ReadonlyMap<number, ReadonlyArray<number>>

/** A memory as it finds the turns that it was made of. */
export type ExpandingMemory = Pick<FoundMemory, "rowId" | "source_message_ids">

/** How many turns have their row ids cached. */
const CACHED = 100_000
/** How many memories have their sources cached. */
const CACHED_KEYS = 20_000
/** For how long, in milliseconds: a memory gets another source where its fact is noted again. */
const FRESH = 60_000

interface KnownTurn {
  readonly developer: string
  readonly owner: string
  readonly rowId: number
}

/** The row ids of sources, for those who can recall them. */
interface Resolved {
  readonly developer: string
  readonly owner: string
  readonly corrections: number
  readonly rowIds: ReadonlyArray<number>
}

/** The sessions that can recall the same turns have the same owner. */
const ownerOf = ({ agent_id, id, user_id }: SessionRow): string => `${agent_id} ${user_id ?? id}`

/** The id of no message. */
const NONE = ""

/** The row ids of turns by the ids of their messages. A turn keeps its row id; after it is deleted, another may have it. */
const makeCache = () => {
  const byId = new Bounded<string, KnownTurn>(CACHED)
  const ids = new Bounded<number, string>(CACHED)
  let corrections = 0
  return {
    /** How many row ids have turned out to be those of other turns. */
    corrections: (): number => corrections,
    get: (developer: string, owner: string, id: string): number | undefined => {
      const turn = byId.get(id)
      const isKnown = turn?.developer === developer && turn.owner === owner && ids.get(turn.rowId) === id
      return isKnown ? turn.rowId : undefined
    },
    set: (developer: string, owner: string, id: string, rowId: number): void => {
      const before = ids.get(rowId)
      if (before !== undefined && before !== id) corrections++
      byId.set(id, { developer, owner, rowId })
      ids.set(rowId, id)
    },
    /** Whether a row id is known as that of another turn, which is then forgotten. */
    corrects: ({ entry, rowId }: TurnRow): boolean => {
      const id = ids.get(rowId)
      if (id === undefined || id === NONE || id === entry.id) return false
      corrections++
      ids.set(rowId, entry.id)
      return true
    },
    /** Forgets a row id. */
    forget: (rowId: number): void => {
      corrections++
      ids.set(rowId, NONE)
    }
  }
}

/** The turns that memories were made of. */
export const make = Effect.map(Storage, ({ entries }) => {
  const known = makeCache()
  /** The row ids of the sources of memories that are cached, as long as there is no correction. */
  const resolved = new WeakMap<ExpandingMemory["source_message_ids"], Resolved>()
  const keys = new Bounded<number, { readonly developer: string; readonly key: ExpandingMemory; readonly at: number }>(
    CACHED_KEYS
  )
  return {
    /** Notes the sources of memories that were read anyway. */
    note: (developer: string, memories: ReadonlyArray<FoundMemory>, at: number): void => {
      for (const { rowId, source_message_ids } of memories)
        keys.set(rowId, { developer, key: { rowId, source_message_ids }, at })
    },
    /** The memories whose sources were read within a minute, by their row ids. */
    recent: (developer: string, rows: ReadonlyArray<ScoredRow>, now: number): ReadonlyMap<number, ExpandingMemory> => {
      const found = new Map<number, ExpandingMemory>()
      for (const { rowId } of rows) {
        const read = keys.get(rowId)
        if (read?.developer === developer && Math.abs(now - read.at) < FRESH) found.set(rowId, read.key)
      }
      return found
    },
    /** Notes the row ids of turns of a session that were read anyway. */
    learn: (developer: string, session: SessionRow, rows: ReadonlyArray<HistoryRow>): void => {
      for (const { entry, rowId } of rows) {
        if (rowId !== null) known.set(developer, ownerOf(session), entry.id, rowId)
      }
    },
    /** Finds the turns that the best of some memories were made of, of those that a session can recall. */
    sources: Effect.fnUntraced(function* (
      developer: string,
      session: SessionRow,
      memories: ReadonlyArray<ExpandingMemory>
    ): Effect.fn.Return<Sources, StorageError> {
      const owner = ownerOf(session)
      const unknown = new Set<string>()
      const sources = new Map<number, ReadonlyArray<number>>()
      const corrections = known.corrections()
      const isCurrent = (before: Resolved | undefined): before is Resolved =>
        before?.developer === developer && before.owner === owner && before.corrections === corrections
      const resolve = (ids: ReadonlyArray<string>, missed: (id: string) => void): ReadonlyArray<number> => {
        const before = resolved.get(ids)
        if (isCurrent(before)) return before.rowIds
        const newest = ids.slice(-MAX_SOURCES)
        const rowIds: Array<number> = []
        for (const id of newest) {
          const found = known.get(developer, owner, id)
          if (found === undefined) missed(id)
          else rowIds.push(found)
        }
        if (rowIds.length === newest.length) resolved.set(ids, { developer, owner, corrections, rowIds })
        return rowIds
      }
      const look = (missed: (id: string) => void): void => {
        for (const { rowId, source_message_ids } of memories.slice(0, MAX_EXPANDING))
          sources.set(rowId, resolve(source_message_ids, missed))
      }
      look((id) => unknown.add(id))
      if (unknown.size > 0) {
        for (const [id, rowId] of yield* entries.rowIds(developer, session.id, [...unknown]))
          known.set(developer, owner, id, rowId)
        look(() => {})
      }
      return sources
    }),
    /**
     * Whether the turns that were read for some row ids show that sources that were found before were deleted: another turn
     * has the row id of one, or none has. Then those that were not read are looked up again.
     */
    correct: (rows: ReadonlyArray<ScoredRow>, turns: ReadonlyArray<TurnRow>, sources: Sources): boolean => {
      const others = turns.filter(known.corrects).length > 0
      if (turns.length === rows.length) return others
      const there = new Set(turns.map(({ rowId }) => rowId))
      const missing = new Set([...sources.values()].flat().filter((rowId) => !there.has(rowId)))
      if (!rows.some(({ rowId }) => missing.has(rowId))) return others
      missing.forEach(known.forget)
      return true
    }
  }
})

/** Whether a posting, the highest row id first, contains a row id. */
const contains = (posting: ReadonlyArray<number>, rowId: number): boolean => {
  let low = 0
  let high = posting.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((posting[middle] ?? 0) > rowId) low = middle + 1
    else high = middle
  }
  return posting[low] === rowId
}

/** Postings of turns that are expanded: the turns that memories were made of have the terms of these memories, too. */
export const expand = (turns: Postings, memories: Postings, sources: Sources): Postings => {
  if (sources.size === 0) return turns
  return {
    ...turns,
    postings: turns.postings.map((rowIds, term) => {
      const posting = memories.postings[term] ?? []
      const added = new Set<number>()
      for (const [memory, turns] of sources) {
        if (!contains(posting, memory)) continue
        for (const rowId of turns) if (!contains(rowIds, rowId)) added.add(rowId)
      }
      return added.size === 0 ? rowIds : rowIds.concat([...added])
    })
  }
}

/** Whether memories say everything that a turn says, word for word: it would repeat them. */
export const isSaidBy = (memories: ReadonlyArray<MemoryRow>) => {
  const bySource = new Map<string, Array<string>>()
  for (const { content, source_message_ids } of memories) {
    for (const id of source_message_ids) bySource.set(id, [...(bySource.get(id) ?? []), content])
  }
  return ({ entry }: TurnRow): boolean => {
    const contents = bySource.get(entry.id)
    if (contents === undefined) return false
    const text = contentText(entry.content)
    if (contents.includes(text)) return true
    const said = new Set(contents.flatMap(termsOf))
    return wordsOf(text).every((word) => stopWords.has(word) || said.has(stemOf(word)))
  }
}
