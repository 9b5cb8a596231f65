/**
 * The part of a doc that is a passage of it. A passage begins with what stands further up in the doc: the headings above it,
 * and the header of a table or the fence of code that it continues. Code that goes on after it ends with a fence.
 */
import * as RegExps from "effect/RegExp"

const fence = /^(`{3,}|~{3,})$/

export const passageIn = (doc: string, passage: string): string => {
  const lines = passage.trim().split(/\s*\n\s*/)
  const ends = fence.test(lines.at(-1) ?? "") ? [lines.length, lines.length - 1] : [lines.length]
  for (let first = 0; first < lines.length; first++) {
    for (const end of ends) {
      // The doc may have other line breaks, and more of them.
      const pattern = lines.slice(first, end).map(RegExps.escape).join("\\s+")
      const found = pattern === "" ? undefined : new RegExp(pattern).exec(doc)?.[0]
      if (found !== undefined) return found
    }
  }
  return ""
}
