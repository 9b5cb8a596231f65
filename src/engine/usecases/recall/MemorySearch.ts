/** The search of memories. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type MemoryRow, type Postings, Storage } from "../../ports/Storage.js"
import { LIMITS, scoreRows } from "./Scores.js"
import * as TimedQuery from "./TimedQuery.js"

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
  /** Reads a page of the memories that a search found, best first. */
  const best = (developer: string, found: Postings, { limit, offset }: Page) => {
    const page = scoreRows(found).slice(offset, offset + limit)
    if (page.length === 0) return Effect.succeed([])
    const scores = new Map(page.map(({ rowId, score }) => [rowId, score]))
    return Effect.map(memories.at(developer, [...scores.keys()]), (rows) =>
      rows.map((row) => ({ ...row, score: scores.get(row.rowId) ?? 0 }))
    )
  }
  return {
    best,
    /**
     * An agent's memories, of one user or of all, that contain any word of a text, or are about a time that it names, best
     * first.
     */
    byWords: Effect.fnUntraced(function* (
      developer: string,
      agent_id: string,
      user_id: string | undefined,
      text: string,
      page: Page
    ) {
      const query = TimedQuery.parse(text, yield* Clock.currentTimeMillis)
      const found = yield* memories.find(developer, agent_id, user_id, query.terms, LIMITS)
      return yield* best(developer, TimedQuery.joinTimes(query, found), page)
    })
  }
})
