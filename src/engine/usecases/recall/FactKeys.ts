/**
 * Facts as keys: a turn is also found by the memories that were made of it. "Does Sam have a pet?" finds the turn that says
 * more about Rex by the memory "Rex is Sam's pet", whose words the turn does not have.
 */
import * as Effect from "effect/Effect"
import { contentText } from "../../../schema/Message.js"
import {
  type FoundMemory,
  type MemoryRow,
  type Postings,
  Storage,
  type StorageError,
  type TurnRow
} from "../../ports/Storage.js"
import { stopWords } from "../../text/StopWords.js"
import { stemOf, termsOf, wordsOf } from "../../text/Words.js"

/** How many of the best memories lend their terms. */
export const MAX_KEYS = 20
/** The newest sources of a memory that take its terms: it also has those of the memories that it replaced. */
const MAX_SOURCES = 4

/** The row ids of the turns that memories were made of, by the row ids of the memories. */
export type Sources = ReadonlyMap<number, ReadonlyArray<number>>

/** Finds the turns that the best of some memories were made of, of those that a session can recall. */
export const make = Effect.map(
  Storage,
  ({ entries }) =>
    (
      developer: string,
      session_id: string,
      memories: ReadonlyArray<FoundMemory>
    ): Effect.Effect<Sources, StorageError> => {
      const keys = memories
        .slice(0, MAX_KEYS)
        .map(({ rowId, source_message_ids }) => ({ rowId, ids: source_message_ids.slice(-MAX_SOURCES) }))
      const ids = [...new Set(keys.flatMap(({ ids }) => ids))]
      if (ids.length === 0) return Effect.succeed(new Map())
      return Effect.map(
        entries.rowIds(developer, session_id, ids),
        (rowIds) => new Map(keys.map(({ ids, rowId }) => [rowId, ids.flatMap((id) => rowIds.get(id) ?? [])]))
      )
    }
)

/** Postings of turns in which the turns that memories were made of have the terms of these memories, too. */
export const lend = (turns: Postings, memories: Postings, sources: Sources): Postings => {
  if (sources.size === 0) return turns
  return {
    ...turns,
    postings: turns.postings.map((rowIds, term) => {
      const lent = new Set((memories.postings[term] ?? []).flatMap((memory) => sources.get(memory) ?? []))
      return lent.size === 0 ? rowIds : rowIds.concat([...lent].filter((rowId) => !rowIds.includes(rowId)))
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
    const said = new Set(contents.flatMap(termsOf))
    return wordsOf(contentText(entry.content)).every((word) => stopWords.has(word) || said.has(stemOf(word)))
  }
}
