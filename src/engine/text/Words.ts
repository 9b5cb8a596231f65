/** What a text is looked for by: its words and their stems. What is stored, what is asked and what ranks read it alike. */
import { stemmer } from "stemmer"
import { stopWords } from "./StopWords.js"

/** More words than this make a search slower, not better. */
const MAX_ASKED = 64

const cjk = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}ー"
const run = new RegExp(`[${cjk}]+`, "gu")
const letter = new RegExp(`^[${cjk}]$`, "u")
const word = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu
const accents = /[\u0300-\u036f]+/g
const tooManyMarks = /(\p{M}{30})\p{M}+/gu
const ascii = /^[\0-\x7f]*$/

/** A text in a normal form of Unicode. Letters have few marks: putting thousands in order would take minutes. */
export const normal = (text: string, form: "NFKC" | "NFKD"): string => text.replace(tooManyMarks, "$1").normalize(form)

type Split = (letters: ReadonlyArray<string>) => ReadonlyArray<string>

/** A run of CJK letters has no spaces to split it at: its pairs of letters stand for its words. */
const pairs: Split = (letters) =>
  letters.length === 1 ? letters : letters.slice(1).map((letter, index) => `${letters[index]}${letter}`)

/** The last letter also stands alone: so every letter of a run starts a term, and one letter finds it as a prefix. */
const pairsAndLast: Split = (letters) => (letters.length === 1 ? letters : [...pairs(letters), ...letters.slice(-1)])

const split = (text: string, splitRun: Split): ReadonlyArray<string> => {
  if (ascii.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
  // Normalised, because people do not type accents, ligatures and full-width letters as the author of a text did.
  const plain = normal(text, "NFKD").replace(accents, "").normalize("NFC").toLowerCase()
  return plain.replace(run, (letters) => ` ${splitRun(Array.from(letters)).join(" ")} `).match(word) ?? []
}

const stems = new Map<string, string>()
/** Words of more letters than this are nobody's words. */
export const LONGEST = 40
/** Texts repeat their words, and a bounded memory of stems saves most of the work. */
export const stemOf = (word: string): string => {
  const known = stems.get(word)
  if (known !== undefined) return known
  if (word.length > LONGEST) return stemmer(word)
  if (stems.size >= 50_000) stems.clear()
  // A copy, because a part of a text would keep the whole text in memory.
  const copy = ` ${word}`.slice(1)
  const made = stemmer(copy)
  stems.set(copy, made)
  return made
}

/** The words of a text, in their order: lower-case, without accents, pairs of letters where a script has no spaces. */
export const wordsOf = (text: string): ReadonlyArray<string> => split(text, pairs)

/** The words that a text is found by, in their order: {@link wordsOf} and the last letter of each run. */
export const foundBy = (text: string): ReadonlyArray<string> => split(text, pairsAndLast)

/** Their stems. */
export const termsOf = (text: string): ReadonlyArray<string> => foundBy(text).map(stemOf)

/** A word that is looked for. */
export interface Asked {
  readonly word: string
  readonly stem: string
  /** Whether whatever begins with it is meant: one CJK letter is the beginning of a pair. */
  readonly begins: boolean
}

/**
 * What a person's own words ask for: without English stop words (unless there is nothing else), one word of each stem,
 * 64 at most. Nothing but letters and digits gets through.
 */
export const asked = (text: string): ReadonlyArray<Asked> => {
  const all = wordsOf(text)
  const telling = all.filter((each) => !stopWords.has(each))
  const found = new Map<string, Asked>()
  for (const word of telling.length > 0 ? telling : all) {
    const stem = stemOf(word)
    if (!found.has(stem)) found.set(stem, { word, stem, begins: letter.test(word) })
    if (found.size === MAX_ASKED) break
  }
  return [...found.values()]
}
