/** The search of memories. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type FoundMemory, type Postings, Storage, type StorageError } from "../../ports/Storage.js"
import { appendVectorOnly, fuseScores } from "./Fusion.js"
import { withoutExpired } from "./MemoryLifetime.js"
import type { QueryVector } from "./QueryVector.js"
import { LIMITS, type ScoredRow, scoreRows } from "./Scores.js"
import * as TimedQuery from "./TimedQuery.js"

interface Page {
  readonly limit: number
  readonly offset: number
}

/** A memory that was found. */
export interface RecalledMemory extends FoundMemory {
  /** The share of the query that it contains: 1 with every term. */
  readonly score: number
}

/** How many memories are compared with a question: the newest. */
const COMPARED = 20_000
/** How much the cosine of a memory counts beside its words. */
const COSINE = 1

/** The cosines of memories with a question, by their rows, and whether they show what texts mean. */
interface Near {
  readonly cosines: ReadonlyMap<number, number>
  readonly semantic: boolean
}

/** The search of memories. */
export const make = Effect.map(Effect.all([Storage, withoutExpired]), ([{ memories, memoryVectors }, keep]) => {
  /** The best memories that a search found by words and by cosines, best first. */
  const rank = (found: Postings, limit: number, near?: Near): ReadonlyArray<ScoredRow> => {
    if (near === undefined || near.cosines.size === 0) return scoreRows(found, limit)
    const words = scoreRows(found)
    return (near.semantic ? fuseScores(words, near.cosines, COSINE) : appendVectorOnly(words, near.cosines)).slice(
      0,
      limit
    )
  }
  /** Reads memories in their order, less those whose lifetime has passed. */
  const read = (developer: string, ranked: ReadonlyArray<ScoredRow>) => {
    if (ranked.length === 0) return Effect.succeed([])
    const scores = new Map(ranked.map(({ rowId, score }) => [rowId, score]))
    return Effect.map(Effect.flatMap(memories.at(developer, [...scores.keys()]), keep), (rows) =>
      rows.map((row): RecalledMemory => ({ score: scores.get(row.rowId) ?? 0, ...row }))
    )
  }
  /** The cosines of an agent's memories, of one user or of all, with a question; `undefined` without its vector. */
  const cosines = (
    developer: string,
    agent_id: string,
    user_id: string | undefined,
    question: QueryVector | undefined
  ): Effect.Effect<Near | undefined, StorageError> =>
    question === undefined
      ? Effect.succeed(undefined)
      : Effect.map(
          memoryVectors.similarities(developer, agent_id, user_id, question.vector, COMPARED),
          ({ cosines, rowIds }) => ({
            // The newest first, which is the order of equals.
            cosines: new Map(rowIds.map((rowId, index) => [rowId, cosines[index] ?? 0] as const).reverse()),
            semantic: question.semantic
          })
        )
  return {
    rank,
    read,
    cosines,
    /**
     * An agent's memories, of one user or of all, that contain any word of a text, are about a time that it names or, with
     * its vector, are about the same, best first.
     */
    find: Effect.fnUntraced(function* (
      developer: string,
      agent_id: string,
      user_id: string | undefined,
      text: string,
      { limit, offset }: Page,
      question?: QueryVector
    ) {
      const query = TimedQuery.parse(text, yield* Clock.currentTimeMillis)
      const found = yield* memories.find(developer, agent_id, user_id, query.terms, LIMITS)
      const near = yield* cosines(developer, agent_id, user_id, question)
      return yield* read(developer, rank(TimedQuery.orTimeTerms(query, found), offset + limit, near).slice(offset))
    })
  }
})
