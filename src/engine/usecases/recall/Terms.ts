/** Passages parsed into words and stems. */
import type { Passage } from "../../ports/Storage.js"
import { Bounded } from "../../text/Bounded.js"
import { indexWordsOf, MAX_CACHED_WORD, stemOf } from "../../text/Words.js"

/** The weight of a word in the title, relative to one in the text. */
const TITLE_WEIGHT = 2

/** A stem of the vocabulary. Each ranking numbers the stems it meets, because to look them up would take most of its time. */
export interface Stem {
  ranking: number
  number: number
}

/** The size of the vocabulary, in stems, beyond which it starts again. */
const MAX_STEMS = 100_000
let vocabulary = new Map<string, Stem>()

/** A stem in a passage. */
export interface Term {
  readonly stem: Stem
  /** How often it occurs; an occurrence in the title counts {@link TITLE_WEIGHT} times. */
  count: number
  /** The positions of its words in the text, ascending. */
  readonly positions: Array<number>
}

/** A parsed passage. */
export interface Tokens {
  /** The vocabulary that the stems are of. */
  readonly vocabulary: typeof vocabulary
  readonly words: ReadonlyArray<string>
  readonly stems: ReadonlyMap<string, Term>
  /** The terms in a list, which is read many times faster than a map, and 1 + ln(count) of each. */
  readonly terms: ReadonlyArray<Term>
  readonly termFrequency: ReadonlyArray<number>
  /** The weights of the words of the title. */
  readonly title: ReadonlyMap<string, number>
  /** In words, title included. */
  readonly length: number
  /** The characters of the passage, title included. */
  readonly characters: number
}

/** The words of a passage. */
export interface PassageWords {
  readonly text: ReadonlyArray<string>
  readonly title: ReadonlyArray<string>
}

/** Splits a passage into words. */
export const splitPassage = ({ text, title }: Passage): PassageWords => ({
  text: indexWordsOf(text),
  title: indexWordsOf(title)
})

const parse = ({ text, title: { length } }: Passage, { text: words, title: titleWords }: PassageWords): Tokens => {
  const found = new Map<string, Term>()
  const termOf = (word: string): Term => {
    const text = stemOf(word)
    const before = found.get(text)
    if (before !== undefined) return before
    const stem = vocabulary.get(text) ?? { ranking: 0, number: 0 }
    // A longer one is a slice of the text, and would keep all of it in memory.
    if (text.length <= MAX_CACHED_WORD) vocabulary.set(text, stem)
    const term: Term = { stem, count: 0, positions: [] }
    found.set(text, term)
    return term
  }
  for (let position = 0; position < words.length; position++) {
    const term = termOf(words[position] ?? "")
    term.count += 1
    term.positions.push(position)
  }
  const title = new Map<string, number>()
  for (const word of titleWords) {
    termOf(word).count += TITLE_WEIGHT
    title.set(word, (title.get(word) ?? 0) + TITLE_WEIGHT)
  }
  const terms = [...found.values()]
  return {
    vocabulary,
    words,
    stems: found,
    terms,
    termFrequency: terms.map(({ count }) => 1 + Math.log(count)),
    title,
    length: words.length + titleWords.length,
    characters: text.length + length
  }
}

/** How often a passage contains each of some terms, as {@link Term.count} counts, and its length. */
export interface TermCounts {
  readonly counts: ReadonlyArray<number>
  readonly length: number
}

/** Counts terms without parsing the passage, which would take longer: `termOf` is the number of the term of a word, or -1. */
export const countTerms = (
  { text, title }: PassageWords,
  terms: number,
  termOf: (word: string) => number
): TermCounts => {
  const counts = new Array<number>(terms).fill(0)
  const count = (words: ReadonlyArray<string>, weight: number) => {
    for (const word of words) {
      const term = termOf(word)
      if (term !== -1) counts[term] = (counts[term] ?? 0) + weight
    }
  }
  count(text, 1)
  count(title, TITLE_WEIGHT)
  return { counts, length: text.length + title.length }
}

/** The capacity of the cache of parsed passages, in characters of theirs, each of which takes about 50 bytes of memory. */
const PARSED_CHARACTERS = 3_000_000

/** Parsing a passage is most of the work of a ranking, so the passages that were parsed last are cached, by their row ids. */
export class Parser {
  private readonly parsed = new Bounded<number, Tokens>(PARSED_CHARACTERS, ({ characters }) => characters)

  /** A parsed passage, if it is in memory. */
  known({ rowId }: Passage): Tokens | undefined {
    return this.parsed.get(rowId)
  }

  /** Parses a passage, whose words may be known already. */
  parse(passage: Passage, words?: PassageWords): Tokens {
    const before = this.parsed.get(passage.rowId)
    if (before?.vocabulary === vocabulary) return before
    const made = parse(passage, words ?? splitPassage(passage))
    this.parsed.set(passage.rowId, made)
    return made
  }
}

/** Empties the vocabulary when it is too large. Call it before a ranking, never while passages are compared. */
export const trimVocabulary = (): void => {
  if (vocabulary.size > MAX_STEMS) vocabulary = new Map()
}
