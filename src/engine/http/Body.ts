/** The limits of a body: its size, depth and characters, checked on its text before it is parsed. */

/** The greatest size of a body in bytes, unless the options of the engine say otherwise. */
export const MAX_BODY_SIZE = 10_000_000

/** How deep arrays and objects may be nested, unless the options of a server say otherwise. */
export const MAX_BODY_DEPTH = 64

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/** `\u0000` at the index of its backslash. */
const isNul = (text: string, index: number) => text.startsWith("u0000", index + 1)

/**
 * The fault of the text of a body, or `undefined`. U+0000 is one unless `takesNul`: stored text cannot hold it. A text that
 * is not JSON may pass, and then does not parse.
 *
 * One pass reads the text character by character: V8 runs an `indexOf` that stands in a branch of a loop in every round of
 * it, which takes quadratic time.
 */
export const faultOf = (text: string, takesNul = false, maxDepth = MAX_BODY_DEPTH): string | undefined => {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === QUOTE) {
      inString = !inString
    } else if (inString) {
      if (unit !== BACKSLASH) continue
      if (!takesNul && isNul(text, index)) return "Text must not contain the character U+0000."
      // The escaped character: a quote does not end the string.
      index++
    } else if (unit === OPENING_BRACKET || unit === OPENING_BRACE) {
      depth++
      if (depth > maxDepth) {
        return `The body must not nest arrays and objects deeper than ${maxDepth} levels.`
      }
    } else if (unit === CLOSING_BRACKET || unit === CLOSING_BRACE) {
      depth--
    }
  }
  return undefined
}
