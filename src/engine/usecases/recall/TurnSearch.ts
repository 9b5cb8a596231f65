/** The search of earlier turns. */
import * as Effect from "effect/Effect"
import { type Postings, type SessionRow, Storage, type TurnRow } from "../../ports/Storage.js"
import { byScore, matchRows, type ScoredRow } from "./Scores.js"

/**
 * A term that only the turn before or after contains, relative to one of the turn itself: an answer makes sense with its
 * question. Measured on LoCoMo, see bench/recall.
 */
const NEIGHBOUR_WEIGHT = 0.7

/**
 * The turns with a score of at least `minScore` for a query, best first. The terms of the turns before and after count,
 * too, so a turn without any term of its own can score; it may turn out not to exist.
 */
export const scoreTurns = (found: Postings, minScore = 0): ReadonlyArray<ScoredRow> => {
  const { rows, weight } = matchRows(found)
  const termsOf = (rowId: number): number => rows.get(rowId) ?? 0
  const scored: Array<ScoredRow> = []
  const add = (rowId: number, own: number, neighbours: number) => {
    const score = weight(own) + NEIGHBOUR_WEIGHT * weight(neighbours & ~own)
    if (score >= minScore) scored.push({ rowId, score })
  }
  for (const [rowId, own] of rows) {
    const [before, after] = [termsOf(rowId - 1), termsOf(rowId + 1)]
    add(rowId, own, before | after)
    // A turn without terms that stands between two matches is added by the one before it.
    if (after === 0) add(rowId + 1, 0, own | termsOf(rowId + 2))
    if (before === 0 && termsOf(rowId - 2) === 0) add(rowId - 1, 0, own)
  }
  return scored.sort(byScore)
}

/** A turn that was found. */
export interface RecalledTurn extends TurnRow {
  /** The share of the query that it and its neighbours contain: 1 with every term. */
  readonly score: number
}

/** The search of turns. */
export const make = Effect.map(Storage, ({ entries }) => ({
  /** Reads turns that a search found, best first; of equals, the newest first, also within one millisecond. */
  read: (developer: string, session: SessionRow, found: ReadonlyArray<ScoredRow>) => {
    if (found.length === 0) return Effect.succeed([])
    const scores = new Map(found.map(({ rowId, score }) => [rowId, score]))
    return Effect.map(entries.turns(developer, session.id, [...scores.keys()]), (turns) =>
      turns
        .map((turn): RecalledTurn => ({ ...turn, score: scores.get(turn.rowId) ?? 0 }))
        .sort(
          (one, other) =>
            other.score - one.score || other.entry.created_at - one.entry.created_at || other.rowId - one.rowId
        )
    )
  }
}))
