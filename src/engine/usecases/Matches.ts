/** Which rows say how much of a question, by nothing but which of its words they have. */
import { MANY, type Places } from "../ports/Storage.js"

/** A word that only the turn before or after has, against one of the turn itself: an answer is understood with its question. */
const BESIDE = 0.7

/** How much each word tells, by how few of the rows have it. */
export const tellsOf = (rows: number, having: ReadonlyArray<number>): ReadonlyArray<number> =>
  having.map((count) => Math.log(1 + Math.max(0, rows - count + 0.5) / (count + 0.5)))

/** A row that has some of the words. */
export interface Match {
  readonly place: number
  /** How much of the question it says: 1 where it has every word, 0 where it has none. */
  readonly score: number
}

type Share = (scores: Map<number, number>, places: ReadonlyArray<number>, tells: number) => void

const add = (scores: Map<number, number>, place: number, score: number): void => {
  scores.set(place, (scores.get(place) ?? 0) + score)
}

const toEach: Share = (scores, places, tells) => {
  for (const place of places) add(scores, place, tells)
}

const toEachAndBeside: Share = (scores, places, tells) => {
  toEach(scores, places, tells)
  const having = new Set(places)
  const beside = new Set(places.flatMap((place) => [place - 1, place + 1]))
  for (const place of beside) if (!having.has(place)) add(scores, place, BESIDE * tells)
}

const matchesBy =
  (share: Share) =>
  ({ places, rows }: Places, least = 0): ReadonlyArray<Match> => {
    const having = places.map(({ length }) => length)
    // Where nobody counted to the end, the commonest word tells little, and the others by how much rarer they are.
    const tells = tellsOf(rows < MANY ? rows : Math.max(rows, ...having.map((count) => 2 * count)), having)
    const whole = tells.reduce((sum, each) => sum + each, 0) || 1
    const scores = new Map<number, number>()
    for (const [word, each] of places.entries()) share(scores, each, (tells[word] ?? 0) / whole)
    return [...scores]
      .filter(([, score]) => score >= least)
      .map(([place, score]) => ({ place, score }))
      .sort((one, other) => other.score - one.score || other.place - one.place)
  }

/** The rows that say at least so much of a question, best first; of equals, the newest. */
export const matches = matchesBy(toEach)

/** The same of turns, and of those beside them, which may be no rows at all. */
export const matchesAndBeside = matchesBy(toEachAndBeside)
