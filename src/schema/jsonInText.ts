/** JSON within other text, such as a model's answer with a code fence, or with words before and after. */
import { parseJson } from "./parseJson.js"

/** The characters that are read in vain, after brackets of something else than JSON, before the search gives up. */
const MAX_SKIPPED = 2_000_000

/** What an attempt in vain costs at least: an exception takes as long as that many characters. */
const MIN_SKIPPED = 200

/** How JSON continues after its first bracket; other text rarely does. */
const jsonBegins = /^[{[]\s*["{[]/

/** The brackets that JSON can begin with: other ones are skipped at once. */
const openings = /\{(?=\s*["}])|\[(?=\s*[\]"{[\-\dtfn])/g

/** The index after the bracket that closes the one at `start`, or -1. Brackets within strings do not count. */
const endOfValue = (text: string, start: number): number => {
  let depth = 0
  let quoted = false
  for (let index = start; index < text.length; index++) {
    const character = text[index]
    if (quoted) {
      if (character === "\\") index++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === "{" || character === "[") depth++
    else if (character === "}" || character === "]") {
      depth--
      if (depth === 0) return index + 1
    }
  }
  return -1
}

/**
 * The outermost objects and arrays of valid JSON in a text, in order. Other brackets are text. The search ends at JSON that
 * is cut off: what its end holds is only a part of it.
 */
export const jsonValuesIn = (text: string): ReadonlyArray<unknown> => {
  const values: Array<unknown> = []
  const opening = new RegExp(openings)
  let skipped = 0
  for (let match = opening.exec(text); match !== null && skipped < MAX_SKIPPED; match = opening.exec(text)) {
    const end = endOfValue(text, match.index)
    const value = end === -1 ? undefined : parseJson(text.slice(match.index, end))
    if (end === -1 && jsonBegins.test(text.slice(match.index, match.index + 20))) return values
    if (value === undefined) {
      skipped += Math.max(MIN_SKIPPED, (end === -1 ? text.length : end) - match.index)
    } else {
      values.push(value)
      opening.lastIndex = end
    }
  }
  return values
}
