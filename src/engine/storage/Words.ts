import { plain } from "./Rows.js"
import { stopWords } from "./StopWords.js"

/** More terms than this make a search slower, not better. */
const maximumTerms = 64

const run = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+/gu
const loneCjk = new RegExp(`^${run.source.slice(0, -1)}$`, "u")
const word = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

// The tokenizer of the index takes a run of CJK letters for one word: pairs of letters find what is inside it.
const pairs = (points: ReadonlyArray<string>): ReadonlyArray<string> =>
  points.slice(1).map((point, index) => `${points[index]}${point}`)

// Normalised, because people do not type ligatures and full-width letters as the author of a text did.
const replaceRuns = (text: string, replacement: (points: ReadonlyArray<string>) => ReadonlyArray<string>): string =>
  text.normalize("NFKC").replace(run, (letters) => ` ${replacement(Array.from(letters)).join(" ")} `)

/** The text to index in place of a text, in the form of {@link wordsOf}; `null` where the text itself will do. */
export const indexed = (text: string): string | null => {
  // The last letter also stands alone: so every letter of a run starts a term, and one letter finds it as a prefix.
  const searchable = plain(replaceRuns(text, (points) => [...pairs(points), ...points.slice(-1)]))
  return searchable === text ? null : searchable
}

/** A word as a term of a query of the index. */
export const quote = (term: string): string => (loneCjk.test(term) ? `"${term}" *` : `"${term}"`)

/**
 * What a person's own words ask for: words of letters and digits, without English stop words (unless there is nothing
 * else), each once, 64 at most. Nothing else of the text gets through.
 */
export const wordsOf = (text: string): ReadonlyArray<string> => {
  const searchable = replaceRuns(text, (points) => (points.length === 1 ? points : pairs(points))).toLowerCase()
  const all = searchable.match(word) ?? []
  const telling = all.filter((each) => !stopWords.has(each))
  return Array.from(new Set(telling.length > 0 ? telling : all)).slice(0, maximumTerms)
}

/** What two texts that say the same have in common: neither case nor white space matter. */
export const sameness = (text: string): string =>
  plain(text).normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim()
