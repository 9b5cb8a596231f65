/** Which rows say how much of a question, by nothing but which of its words they have. */
import { MANY, type Places } from "../../ports/Storage.js"

/** A word that only the turn before or after has, against one of the turn itself: an answer is understood with its question. */
const BESIDE = 0.7

/** The words of a row are the bits of a number: of a longer question, those that any row has, and that tell most. */
const MOST_WORDS = 31

/** How much each word tells, by how few of the rows have it. */
export const tellsOf = (rows: number, having: ReadonlyArray<number>): ReadonlyArray<number> =>
  having.map((count) => Math.log(1 + Math.max(0, rows - count + 0.5) / (count + 0.5)))

/** A row that has some of the words. */
export interface Match {
  readonly place: number
  /** How much of the question it says: 1 where it has every word, 0 where it has none. */
  readonly score: number
}

interface Word {
  readonly places: ReadonlyArray<number>
  /** The part of the question that it is. */
  readonly share: number
}

const wordsOf = ({ places, rows }: Places): ReadonlyArray<Word> => {
  const having = places.map(({ length }) => length)
  // Where nobody counted to the end, the commonest word tells little, and the others by how much rarer they are.
  const tells = tellsOf(rows < MANY ? rows : Math.max(rows, ...having.map((count) => 2 * count)), having)
  const whole = tells.reduce((sum, each) => sum + each, 0) || 1
  return places
    .map((places, word) => ({ places, share: (tells[word] ?? 0) / whole }))
    .filter(({ places }) => places.length > 0)
    .sort((one, other) => other.share - one.share)
    .slice(0, MOST_WORDS)
}

/** The words of each row that has any. */
const bitsOf = (words: ReadonlyArray<Word>): ReadonlyMap<number, number> => {
  const bits = new Map<number, number>()
  for (const [word, { places }] of words.entries()) {
    for (const place of places) bits.set(place, (bits.get(place) ?? 0) | (1 << word))
  }
  return bits
}

/** The part of the question that some words are. Many rows have the same ones. */
const sharesOf = (words: ReadonlyArray<Word>) => {
  const known = new Map<number, number>()
  return (bits: number): number => {
    const before = known.get(bits)
    if (before !== undefined) return before
    const share = words.reduce((sum, each, word) => ((bits & (1 << word)) === 0 ? sum : sum + each.share), 0)
    known.set(bits, share)
    return share
  }
}

const best = (found: Array<Match>): ReadonlyArray<Match> =>
  found.sort((one, other) => other.score - one.score || other.place - one.place)

/** The rows that have any word of a question, best first; of equals, the highest places. */
export const matches = (found: Places): ReadonlyArray<Match> => {
  const words = wordsOf(found)
  const shareOf = sharesOf(words)
  return best(Array.from(bitsOf(words), ([place, bits]) => ({ place, score: shareOf(bits) })))
}

/**
 * The same of turns, and of those beside them, which may be no rows at all: those that say at least so much of the
 * question.
 */
export const matchesAndBeside = (found: Places, least = 0): ReadonlyArray<Match> => {
  const words = wordsOf(found)
  const shareOf = sharesOf(words)
  const bits = bitsOf(words)
  const at = (place: number): number => bits.get(place) ?? 0
  const matched: Array<Match> = []
  const add = (place: number, own: number, beside: number) => {
    const score = shareOf(own) + BESIDE * shareOf(beside & ~own)
    if (score >= least) matched.push({ place, score })
  }
  for (const [place, own] of bits) {
    const [before, after] = [at(place - 1), at(place + 1)]
    add(place, own, before | after)
    // A place without words is beside two that may have some: the one before it speaks for both.
    if (after === 0) add(place + 1, 0, own | at(place + 2))
    if (before === 0 && at(place - 2) === 0) add(place - 1, 0, own)
  }
  return best(matched)
}
