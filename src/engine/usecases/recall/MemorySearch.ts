/** The search of memories. */
import * as Effect from "effect/Effect"
import { type Postings, Storage } from "../../ports/Storage.js"
import { parseQuery } from "../../text/Words.js"
import { LIMITS, scoreRows } from "./Scores.js"

interface Page {
  readonly limit: number
  readonly offset: number
}

/** The search of memories. */
export const make = Effect.map(Storage, ({ memories }) => {
  /** Reads a page of the memories that a search found, best first. */
  const best = (developer: string, found: Postings, { limit, offset }: Page) => {
    const scored = scoreRows(found).slice(offset, offset + limit)
    return scored.length === 0
      ? Effect.succeed([])
      : memories.at(
          developer,
          scored.map(({ rowId }) => rowId)
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
