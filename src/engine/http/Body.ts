/** The limits of a body: its size, depth and characters, checked on its text before it is parsed. */

/** The greatest size of a body in bytes, unless the options of the engine say otherwise. */
export const MAX_BODY_SIZE = 10_000_000

/** How deep arrays and objects may be nested. */
export const MAX_BODY_DEPTH = 64

const QUOTE = 0x22
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b])
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d])

/** `\u0000` at the index of its backslash. */
const isNul = (text: string, index: number) => text.startsWith("u0000", index + 1)

/**
 * The fault of the text of a body, or `undefined`. One pass over the text; a text that is not JSON may pass, and
 * then does not parse.
 */
export const faultOf = (text: string): string | undefined => {
  let depth = 0
  let escape = text.indexOf("\\")
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === QUOTE) {
      // To the end of the string, from escape to escape: an escaped quote does not end it.
      let end = text.indexOf('"', index + 1)
      if (end === -1) return undefined
      if (escape !== -1 && escape < index) escape = text.indexOf("\\", index)
      while (escape !== -1 && escape < end) {
        if (isNul(text, escape)) return "Text must not contain the character U+0000."
        const next = escape + 2
        if (next > end) end = text.indexOf('"', next)
        if (end === -1) return undefined
        escape = text.indexOf("\\", next)
      }
      index = end
    } else if (OPENING.has(unit)) {
      if (++depth > MAX_BODY_DEPTH) {
        return `The body must not nest arrays and objects deeper than ${MAX_BODY_DEPTH} levels.`
      }
    } else if (CLOSING.has(unit)) depth--
  }
  return undefined
}
