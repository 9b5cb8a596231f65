/** The search of memories. */
import * as Effect from "effect/Effect"
import { type MemoryRow, type Postings, Storage } from "../../ports/Storage.js"
import { parseQuery } from "../../text/Words.js"
import { LIMITS, scoreRows } from "./Scores.js"

interface Page {
  readonly limit: number
  readonly offset: number
}

/** A memory that was found. */
export interface RecalledMemory extends MemoryRow {
  /** The share of the query that it contains: 1 with every term. */
  readonly score: number
}

/** The search of memories. */
export const make = Effect.map(Storage, ({ memories }) => {
  /** Reads a page of the memories that a search found, of those with at least `minScore`, best first. */
  const best = (developer: string, found: Postings, { limit, offset }: Page, minScore = 0) => {
    const page = scoreRows(found)
      .filter(({ score }) => score >= minScore)
      .slice(offset, offset + limit)
    if (page.length === 0) return Effect.succeed([])
    const scores = new Map(page.map(({ rowId, score }) => [rowId, score]))
    return Effect.map(memories.at(developer, [...scores.keys()]), (rows) =>
      rows.map((row): RecalledMemory => ({ ...row, score: scores.get(row.rowId) ?? 0 }))
    )
  }
  return {
    best,
    /** An agent's memories, of one user or of all, that contain any word of a text, best first. */
    byWords: (developer: string, agent_id: string, user_id: string | undefined, text: string, page: Page) =>
      Effect.flatMap(memories.find(developer, agent_id, user_id, parseQuery(text), LIMITS), (found) =>
        best(developer, found, page)
      )
  }
})
