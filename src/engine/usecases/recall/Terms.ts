/** Passages taken apart into their words and stems. */
import type { Passage } from "../../ports/Storage.js"
import { foundBy, LONGEST, stemOf } from "../../text/Words.js"

/** A word of the title, against one of the text. */
const TITLE = 2

/** A stem. There is one of each, which every ranking numbers: looking them up would take most of its time. */
export interface Stem {
  ranking: number
  number: number
}

/** When there are more, all begin anew. */
const MAX_STEMS = 100_000
let stems = new Map<string, Stem>()

/** How often a stem counts in a passage, and where in the text it stands. */
export interface Uses {
  readonly stem: Stem
  count: number
  readonly places: Array<number>
}

/** A passage taken apart; what stands in the title counts by its weight. */
export interface Tokens {
  /** The stems there were. */
  readonly known: typeof stems
  readonly words: ReadonlyArray<string>
  readonly stems: ReadonlyMap<string, Uses>
  /** The same in a list, and how loud each is: lists are read many times faster than maps. */
  readonly voices: ReadonlyArray<Uses>
  readonly loudness: ReadonlyArray<number>
  /** What the words of the title count. */
  readonly title: ReadonlyMap<string, number>
  readonly length: number
}

const takenApart = (passage: Passage): Tokens => {
  const words = foundBy(passage.text)
  const ofTitle = foundBy(passage.title)
  const found = new Map<string, Uses>()
  const usesOf = (word: string): Uses => {
    const text = stemOf(word)
    const before = found.get(text)
    if (before !== undefined) return before
    const stem = stems.get(text) ?? { ranking: 0, number: 0 }
    // A longer one is nobody's word, and would keep the whole text in memory that it is a part of.
    if (text.length <= LONGEST) stems.set(text, stem)
    const uses: Uses = { stem, count: 0, places: [] }
    found.set(text, uses)
    return uses
  }
  for (const [place, word] of words.entries()) {
    const uses = usesOf(word)
    uses.count += 1
    uses.places.push(place)
  }
  const title = new Map<string, number>()
  for (const word of ofTitle) {
    usesOf(word).count += TITLE
    title.set(word, (title.get(word) ?? 0) + TITLE)
  }
  const voices = [...found.values()]
  return {
    known: stems,
    words,
    stems: found,
    voices,
    loudness: voices.map(({ count }) => 1 + Math.log(count)),
    title,
    length: words.length + ofTitle.length
  }
}

const tokens = new WeakMap<Passage, Tokens>()
/** Taking a passage apart is most of the work: it is done once for as long as somebody keeps it. */
export const tokensOf = (passage: Passage): Tokens => {
  const before = tokens.get(passage)
  if (before?.known === stems) return before
  const made = takenApart(passage)
  tokens.set(passage, made)
  return made
}

/** Before a ranking: stems begin anew when there are too many, but not while passages are compared. */
export const forgetStems = (): void => {
  if (stems.size > MAX_STEMS) stems = new Map()
}
