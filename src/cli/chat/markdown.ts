/** Markdown for a terminal, styled as it arrives: what is written is never written again, so nothing flickers. */
import { sanitizeForTerminal } from "../table.js"

const CSI = "\u001b["
const style = (on: string, off: string) => (text: string) => (text === "" ? "" : `${CSI}${on}m${text}${CSI}${off}m`)
const bold = style("1", "22")
const italic = style("3", "23")
const dim = style("2", "22")
const code = style("36", "39")
const unstyled = (text: string) => text

/** How long a span may be, with its marks: until it closes, its text waits. */
const LONGEST_SPAN = 300

/** What a line begins with, once enough of it is there to know. */
const BLOCK = /^( *)(?:(`{3,}(?=[^`]*$)|~{3,})|(#{1,6}) +|([-*+]) +|(\d{1,9}[.)]) +|(>) ?)/

/** What may still become the beginning of a block. */
const UNDECIDED = /^ *(?:`{0,2}|`{3,}[^`]*|~{0,2}|~{3,}.*|#{1,6} *|[-*+] *|\d{1,9}[.)]? *|>)$/

/** A span at a marker: code, strong or emphasized. */
const SPAN = /(`+)([^`]+)\1(?!`)|\*\*(?=[^\s*])((?:[^*]|\*(?!\*))*?[^\s*])\*\*|\*(?=[^\s*])([^*]*?[^\s*])\*(?![\w*])/y

/** A renderer of one text that comes in pieces. */
export interface Renderer {
  /** Takes a piece, and returns what to write now. */
  readonly push: (piece: string) => string
  /** Returns what is left to write at the end of the text. */
  readonly end: () => string
}

/** Where there are no colours, a text stays as it is, but for characters that could control the terminal. */
const plain: Renderer = { push: sanitizeForTerminal, end: () => "" }

/** Makes a renderer. */
export const make = (colors: boolean): Renderer => {
  if (!colors) return plain
  let waiting = ""
  let isLineStart = true
  let fence: string | undefined
  /** How the rest of the line is styled. */
  let ofLine = unstyled

  /** The character before what waits, which decides whether a `*` is of a word, as in `a*b`. */
  let before = ""

  /** The span that a text begins with, if it does. */
  const spanAt = (text: string) => {
    SPAN.lastIndex = 0
    // One character more than the longest span shows whether its end is one.
    const found = SPAN.exec(text.slice(0, LONGEST_SPAN + 1))
    const isInWord = /[\w*]/.test(before)
    if (found === null || found[0].length > LONGEST_SPAN) return undefined
    return found[4] !== undefined && isInWord ? undefined : found
  }

  /** Writes a part of a line, without its end. `isWhole`: whether nothing of the line follows. */
  const spans = (isWhole: boolean, text: string): readonly [written: string, rest: string] => {
    let written = ""
    let rest = text
    const take = (length: number): string => {
      const taken = rest.slice(0, length)
      rest = rest.slice(length)
      before = taken.at(-1) ?? before
      return taken
    }
    for (;;) {
      const marker = rest.search(/[`*]/)
      written += ofLine(take(marker < 0 ? rest.length : marker))
      if (rest === "") return [written, ""]
      const found = spanAt(rest)
      // A span that ends with the piece may go on: `**` follows a `*`.
      if (found !== undefined && (isWhole || found[0].length < rest.length)) {
        const [whole, , quoted, strong, emphasized] = found
        take(whole.length)
        written += quoted === undefined ? "" : code(quoted)
        written += strong === undefined ? "" : bold(strong)
        written += emphasized === undefined ? "" : italic(emphasized)
      } else if (isWhole || rest.length > LONGEST_SPAN || /^\*+\s/.test(rest)) {
        written += ofLine(take(/^`+|^\*+/.exec(rest)?.[0].length ?? 1))
      } else return [written, rest]
    }
  }

  /** Writes what a block begins with, and returns its length. */
  const begin = (line: string): readonly [written: string, length: number] => {
    const [whole = "", indent = "", fenced, heading, bullet, number, quote] = BLOCK.exec(line) ?? []
    ofLine = unstyled
    if (fence !== undefined) {
      if (line.trim().startsWith(fence)) fence = undefined
      else ofLine = code
    } else if (fenced !== undefined) fence = fenced
    if (fenced !== undefined) ofLine = dim
    if (fence !== undefined || fenced !== undefined) return ["", 0]
    if (heading !== undefined) ofLine = bold
    if (quote !== undefined) ofLine = dim
    if (bullet !== undefined) return [`${indent}• `, whole.length]
    if (number !== undefined) return [`${indent}${number} `, whole.length]
    if (quote !== undefined) return [`${indent}${dim("│")} `, whole.length]
    return [indent, whole.length === 0 ? indent.length : whole.length]
  }

  /** Writes as much of the first line that waits as can be written, and returns it with what still waits. */
  const line = (text: string, isWhole: boolean): readonly [written: string, rest: string] => {
    let written = ""
    let rest = text
    if (isLineStart) {
      // The lines of a fence are decided by their end.
      if (!isWhole && (UNDECIDED.test(text) || fence !== undefined)) return ["", text]
      const [prefix, length] = begin(text)
      written = prefix
      rest = text.slice(length)
      isLineStart = false
      before = ""
    }
    if (ofLine === code || ofLine === dim) return [rest === "" ? written : written + ofLine(rest), ""]
    const [more, left] = spans(isWhole, rest)
    return [written + more, left]
  }

  const flush = (isEnd: boolean): string => {
    let written = ""
    for (let end = waiting.indexOf("\n"); end >= 0; end = waiting.indexOf("\n")) {
      written += `${line(waiting.slice(0, end), true)[0]}\n`
      waiting = waiting.slice(end + 1)
      isLineStart = true
    }
    if (waiting === "") return written
    const [more, rest] = line(waiting, isEnd)
    waiting = rest
    return written + more
  }

  return {
    push: (piece) => {
      waiting += sanitizeForTerminal(piece)
      return flush(false)
    },
    end: () => flush(true)
  }
}
