/** The words of a text and their stems. Stored texts, queries and rankings all use the same ones. */
import { stemmer } from "stemmer"
import { Bounded } from "./Bounded.js"
import { baseFormOf } from "./IrregularForms.js"
import { stopWords } from "./StopWords.js"

/** The most terms of a query; more make a search slower and no better. */
const MAX_TERMS = 64
/** The characters of a query that are read, which have many more terms. */
const MAX_QUERY = 20_000

const cjk = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}ー"
// Loops are bounded: V8 leaves expressions unoptimized in a process with much code, and then a loop takes stack for each
// character, which a word of megabytes would exceed.
const letter = `(?:[${cjk}]|(?=\\p{L})[\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}])\\p{M}{0,40}`
/** Letters, with their marks, of scripts that have no spaces between words, and of Hangul, whose words are long. */
const spacelessRun = new RegExp(`(?:${letter}){1,10000}`, "gu")
const spacelessLetter = new RegExp(`^${letter}$`, "u")
const spacelessStart = new RegExp(`^${letter}`, "u")
const letterWithMarks = /\P{M}\p{M}{0,40}/gu
const asciiWord = /[a-z0-9]{1,10000}/g
const word = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]{0,9999}/gu
const accent = /[\u0300-\u036f]/g
const markTooMany = /(?<=\p{M}{30})\p{M}/gu
const beyondAscii = /[^\0-\x7f]/

/**
 * A text in a normal form of Unicode. No letter has more than a few combining marks, and sorting thousands of them takes
 * minutes: of a run of marks the first 30 stay.
 */
export const normal = (text: string, form: "NFKC" | "NFKD"): string => text.replace(markTooMany, "").normalize(form)

type SplitRun = (letters: ReadonlyArray<string>) => ReadonlyArray<string>

/** Where text has no spaces between words, pairs of letters (bigrams) stand in for words. */
const bigrams: SplitRun = (letters) =>
  letters.length === 1 ? letters : letters.slice(1).map((letter, index) => `${letters[index]}${letter}`)

/** With the last letter alone as well, every letter of a run starts a term, and one letter finds it as a prefix. */
const bigramsAndLast: SplitRun = (letters) =>
  letters.length === 1 ? letters : [...bigrams(letters), ...letters.slice(-1)]

const split = (text: string, splitRun: SplitRun): ReadonlyArray<string> => {
  if (!beyondAscii.test(text)) return text.toLowerCase().match(asciiWord) ?? []
  // People type accents, ligatures and full-width letters in other ways than authors do.
  const plain = normal(text, "NFKD").replace(accent, "").normalize("NFC").toLowerCase()
  return (
    plain.replace(spacelessRun, (run) => ` ${splitRun(run.match(letterWithMarks) ?? []).join(" ")} `).match(word) ?? []
  )
}

/** The last of the Latin letters that are left when accents are removed. */
const LAST_LATIN = 0x24f

/** The stems of the last 50,000 words at least. */
const stems = new Bounded<string, string>(100_000)
/** The longest word, in characters, whose stem is cached; longer ones are rarely words and rarely repeat. */
const MAX_CACHED_WORD = 40
/**
 * The stem of a lower-case word; of an irregular form such as "went", that of its base form. Texts repeat their words, so a
 * bounded cache of stems saves most of the work.
 */
export const stemOf = (word: string): string => {
  // So short a word is its own stem, and the stemmer knows no letters beyond Latin ones. Bigrams would fill the cache.
  if (word.length < 3 || word.charCodeAt(0) > LAST_LATIN) return word
  const known = stems.get(word)
  if (known !== undefined) return known
  if (word.length > MAX_CACHED_WORD) return stemmer(word)
  // A copy, because a slice of a text keeps the whole text in memory.
  const copy = ` ${word}`.slice(1)
  const made = stemmer(baseFormOf(copy))
  stems.set(copy, made)
  return made
}

/** The words of a text in order: lower-case, without accents; bigrams where there are no spaces between words. */
export const wordsOf = (text: string): ReadonlyArray<string> => split(text, bigrams)

/** The words a text is indexed by, in order: {@link wordsOf}, and the last letter of each run of bigrams. */
export const indexWordsOf = (text: string): ReadonlyArray<string> => split(text, bigramsAndLast)

/** The terms a text is indexed by: the stems of {@link indexWordsOf}. */
export const termsOf = (text: string): ReadonlyArray<string> => indexWordsOf(text).map(stemOf)

/** A term of a query. */
export interface QueryTerm {
  /** The word as the query has it. */
  readonly word: string
  readonly stem: string
  /**
   * Whether the stem matches every term that it is a prefix of: a single letter begins a bigram, and a word that no stemmer
   * knows has other forms.
   */
  readonly prefix: boolean
  /** How many words of the query have this stem. */
  readonly count: number
}

const inflected = /^(?:\p{L}(?<!\p{Script=Latin}))[\p{L}\p{M}]{3,9999}$/u
/**
 * The beginning by which a word of a query is found: a single letter of a script without spaces, or a word in a script for
 * which there is no stemmer without its last letters, which are those that most inflections change: one of 4 or 5, two of
 * more. `undefined` of other words.
 */
const beginningOf = (word: string): string | undefined => {
  if (spacelessLetter.test(word)) return word
  if (!inflected.test(word) || spacelessStart.test(word)) return undefined
  return word.slice(0, word.length > 5 ? -2 : -1)
}

/**
 * The terms of a query: the first word of each stem, in order, 64 at most, of its first 20,000 characters. English stop
 * words are left out unless the query has no others. Terms contain letters, digits and combining marks only, so an index
 * query can quote them safely.
 */
export const parseQuery = (text: string): ReadonlyArray<QueryTerm> => {
  const all = wordsOf(text.slice(0, MAX_QUERY))
  const content = all.filter((each) => !stopWords.has(each))
  const terms = new Map<string, QueryTerm>()
  for (const word of content.length > 0 ? content : all) {
    const beginning = beginningOf(word)
    const stem = beginning ?? stemOf(word)
    const known = terms.get(stem)
    if (known !== undefined) terms.set(stem, { ...known, count: known.count + 1 })
    else if (terms.size < MAX_TERMS) terms.set(stem, { word, stem, prefix: beginning !== undefined, count: 1 })
  }
  return [...terms.values()]
}
