/** The search of earlier turns. */
import * as Effect from "effect/Effect"
import { type Participants, type Postings, Storage, TURNS_PER_SESSION, type TurnRow } from "../../ports/Storage.js"
import { matchRows, type RowScores, type ScoredRow, weigh } from "./Scores.js"
import { type Speakers, saidByNamed } from "./Speakers.js"

/**
 * A term that only the turn before or after contains, relative to one of the turn itself: an answer makes sense with its
 * question. Measured on LoCoMo, see bench/recall.
 */
const NEIGHBOUR_WEIGHT = 0.7
/** The same of a term that only a turn two away contains: a speaker goes on after the other's turn. */
const SECOND_NEIGHBOUR_WEIGHT = 0.5
/** How far away the neighbours are that count. */
const REACH = 2
/**
 * How much the best turn of a session counts for each that was found there, relative to its own score: a session is often
 * about one subject. Measured on LoCoMo.
 */
const SESSION_WEIGHT = 0.1
/**
 * The score of a turn relative to that of an equal one, where the question names the speaker of the other and not of this
 * one. Not much lower, because questions also name the wrong speaker. Measured on LoCoMo.
 */
const OTHER_SPEAKER = 0.8

/** Adds the best score of its session to each score, so that they stay within 0 and 1. Scores of 0 stay. */
const addSessions = ({ rowIds, scores }: RowScores): RowScores => {
  for (let start = 0, end = 0; start < scores.length; start = end) {
    const next = (Math.floor((rowIds[start] ?? 0) / TURNS_PER_SESSION) + 1) * TURNS_PER_SESSION
    let best = 0
    for (end = start; end < scores.length && (rowIds[end] ?? 0) < next; end++) best = Math.max(best, scores[end] ?? 0)
    for (let index = start; index < end; index++) {
      const score = scores[index] ?? 0
      if (score > 0) scores[index] = (score + SESSION_WEIGHT * best) / (1 + SESSION_WEIGHT)
    }
  }
  return { rowIds, scores }
}

/**
 * The score of every turn that contains a term of the query or has a neighbour that does. A term counts once, for the
 * nearest turn that contains it. A turn without any term of its own may turn out not to exist.
 */
export const scoreTurns = (found: Postings): RowScores => {
  const { bits, rowIds: matches, weights } = matchRows(found)
  const size = (2 * REACH + 1) * matches.length
  const rowIds = new Float64Array(size)
  const scores = new Float64Array(size)
  let count = 0
  // The terms of a turn and of those before and after it; none between matches that have no neighbour in common.
  let secondBefore = 0
  let before = 0
  let own = 0
  let after = 0
  for (let next = 0; next < matches.length; ) {
    let rowId = (matches[next] ?? 0) - REACH
    do {
      const secondAfter = next < matches.length && matches[next] === rowId + REACH ? (bits[next++] ?? 0) : 0
      const neighbours = (before | after) & ~own
      const secondNeighbours = (secondBefore | secondAfter) & ~(own | neighbours)
      // Most turns have terms at one of the distances only.
      let score = 0
      if (own !== 0) score = weigh(weights, own)
      if (neighbours !== 0) score += NEIGHBOUR_WEIGHT * weigh(weights, neighbours)
      if (secondNeighbours !== 0) score += SECOND_NEIGHBOUR_WEIGHT * weigh(weights, secondNeighbours)
      rowIds[count] = rowId++
      scores[count++] = score
      secondBefore = before
      before = own
      own = after
      after = secondAfter
    } while ((secondBefore | before | own | after) !== 0)
  }
  return addSessions({ rowIds: rowIds.subarray(0, count), scores: scores.subarray(0, count) })
}

/** A turn that was found. */
export interface RecalledTurn extends TurnRow {
  /** How much of the query it, its neighbours and the best turn of its session contain: 1 with every term. */
  readonly score: number
}

/** Lowers the scores of turns whose speaker a question does not name, if it names that of any. */
const weighSpeakers = (question: string, speakers: Speakers, turns: ReadonlyArray<RecalledTurn>) => {
  const isNamed = saidByNamed(question, speakers)
  const named = turns.map(({ entry }) => isNamed(entry))
  if (!named.includes(true)) return turns
  return turns.map((turn, index) => (named[index] ? turn : { ...turn, score: turn.score * OTHER_SPEAKER }))
}

/** The search of turns. */
export const make = Effect.map(Storage, ({ entries }) => ({
  /**
   * Reads turns that a search for a question found, best first; of equals, the newest first, also within one millisecond.
   * Some may score lower than they were found, because of their speakers: read more than you need.
   */
  read: (
    developer: string,
    participants: Speakers & Pick<Participants, "session">,
    question: string,
    found: ReadonlyArray<ScoredRow>
  ) => {
    if (found.length === 0) return Effect.succeed([])
    const scores = new Map(found.map(({ rowId, score }) => [rowId, score]))
    return Effect.map(entries.turns(developer, participants.session.id, [...scores.keys()]), (rows) =>
      weighSpeakers(
        question,
        participants,
        rows.map(({ entry, rowId, session_id }) => ({ rowId, session_id, entry, score: scores.get(rowId) ?? 0 }))
      ).toSorted(
        (one, other) =>
          other.score - one.score || other.entry.created_at - one.entry.created_at || other.rowId - one.rowId
      )
    )
  }
}))
