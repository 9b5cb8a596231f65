/** Passages parsed into words and stems. */
import type { Passage } from "../../ports/Storage.js"
import { Bounded } from "../../text/Bounded.js"
import { indexWordsOf } from "../../text/Words.js"
import { TermMap, type Vocabulary, vocabulary } from "./Vocabulary.js"

/** The weight of a word in the title, relative to one in the text. */
export const TITLE_WEIGHT = 2

/** A parsed passage. Words and stems are their numbers in the vocabulary. */
export interface TermVector {
  readonly vocabulary: Vocabulary
  /** The words of the text, in order. */
  readonly words: ReadonlyArray<number>
  readonly title: ReadonlyArray<number>
  /** The stems of both, each once. */
  readonly stems: ReadonlyArray<number>
  /** How often each of them occurs; an occurrence in the title counts {@link TITLE_WEIGHT} times. */
  readonly counts: ReadonlyArray<number>
  /** In words, title included. */
  readonly length: number
  /** The characters of the passage, title included. */
  readonly characters: number
}

/** The position of each stem among those of the passage that is being parsed. */
const places = new TermMap()

const parse = ({ text, title }: Passage): TermVector => {
  const known = vocabulary()
  const stems: Array<number> = []
  const counts: Array<number> = []
  places.clear()
  const read = (text: string, weight: number): ReadonlyArray<number> =>
    indexWordsOf(text).map((word) => {
      const number = known.termIdOf(word)
      const stem = known.stemOf(number)
      const place = places.get(stem)
      if (place === undefined) {
        places.set(stem, stems.length)
        stems.push(stem)
        counts.push(weight)
      } else counts[place] = (counts[place] ?? 0) + weight
      return number
    })
  const words = read(text, 1)
  const ofTitle = read(title, TITLE_WEIGHT)
  return {
    vocabulary: known,
    words,
    title: ofTitle,
    // Copies have no room for more.
    stems: stems.slice(),
    counts: counts.slice(),
    length: words.length + ofTitle.length,
    characters: text.length + title.length
  }
}

/** The capacity of the cache of parsed passages, in characters of theirs, each of which takes about 4 bytes of memory. */
const PARSED_CHARACTERS = 16_000_000

/** Parsing a passage is most of the work of a ranking, so the passages that were parsed last are cached, by their row ids. */
export class TermVectorCache {
  private readonly parsed = new Bounded<number, TermVector>(PARSED_CHARACTERS, ({ characters }) => characters)

  parse(passage: Passage): TermVector {
    const before = this.parsed.get(passage.rowId)
    if (before?.vocabulary === vocabulary()) return before
    const made = parse(passage)
    this.parsed.set(passage.rowId, made)
    return made
  }
}
