/** Markdown, read in blocks. */

// A run of marks is read once: no shorter run is tried. Loops are bounded, because V8 may leave them unoptimized.
const fenceMark = "(`{3,1000}(?!`)|~{3,1000}(?!~))[^`\\n\\r]{0,99}"
const fence = new RegExp(`^\\s{0,20}${fenceMark}(?:\\n|$)`)
/** The mark of the code fence that a block or a line opens with. */
export const fenceOf = (block: string): string | undefined => fence.exec(block)?.[1]

const heading = /^(#{1,6})\s+\S/
/** The longest heading, in characters. Each passage repeats the headings above it, so a longer line counts as text. */
const MAX_HEADING = 200
/** The level of a heading, 1 to 6; `undefined` for any other block. */
export const levelOf = (block: string): number | undefined =>
  block.length > MAX_HEADING ? undefined : heading.exec(block)?.[1]?.length

// The reader does not visit each line: native code finds the next line that divides, also in a block of millions of lines.
const space = "[^\\S\\n\\r]"
const breakBefore = "(?:\\n|\\r(?!\\n))"
const lineEnd = "(?=[\\n\\r]|$)"
/** The end of a line before one that is blank, opens a fence or is a heading. */
const division = new RegExp(
  `${breakBefore}(?:${space}{0,10000}${lineEnd}|${space}{0,20}${fenceMark}${lineEnd}|#{1,6}${space}{1,200}\\S)`,
  "g"
)
/** The end of a line before one that may close a fence. */
const closing = new RegExp(`${breakBefore}${space}{0,1000}(?:\`{3,1000}|~{3,1000})${space}{0,1000}${lineEnd}`, "g")
const lineBreak = /[\n\r]/g
const nonBlank = /\S/g

const opening = new RegExp(`\\n${space}{0,20}${fenceMark}(?=\\n|$)`)
/** Where the lines of a block end that come before its code; the length of a block without code. */
export const codeIn = (block: string): number => {
  const index = block.search(opening)
  return index < 0 ? block.length : index
}

/** A block of a text. */
export interface Block {
  /** Its lines, separated by `\n`. */
  readonly text: string
  /** Where it starts in the text. */
  readonly start: number
}

/**
 * The blocks of a text in order, none of them blank: a heading, code in its fences, or the lines up to a blank one. Each is
 * read when it is asked for.
 */
export function* blocksOf(text: string): Generator<Block> {
  const next = (pattern: RegExp, from: number): number => {
    pattern.lastIndex = from
    return pattern.exec(text)?.index ?? text.length
  }
  const isBreak = (index: number) => text[index] === "\n" || text[index] === "\r"
  /** The first line from `from` on that is not blank. */
  const nextLine = (from: number): number => {
    let start = next(nonBlank, from)
    if (start === text.length) return start
    while (start > from && !isBreak(start - 1)) start--
    return start
  }
  const lineAt = (start: number) => text.slice(start, next(lineBreak, start))
  /** The end of the fenced code whose first line is at `start`. */
  const endOfCode = (start: number, mark: string): number => {
    let before = next(closing, start)
    while (before < text.length && lineAt(before + 1).trim() !== mark) before = next(closing, before + 1)
    return next(lineBreak, before + 1)
  }
  /** The end of the block at `start`. */
  const endOfBlock = (start: number): number => {
    const first = lineAt(start)
    const opened = fenceOf(first)
    if (opened !== undefined) return endOfCode(start, opened)
    if (levelOf(first) !== undefined) return start + first.length
    for (let before = next(division, start); before < text.length; before = next(division, before + 1)) {
      const line = lineAt(before + 1)
      const mark = fenceOf(line)
      if (mark !== undefined) return endOfCode(before + 1, mark)
      if (levelOf(line) !== undefined || line.trim() === "") return before
    }
    return isBreak(text.length - 1) ? text.length - 1 : text.length
  }
  for (let start = nextLine(0); start < text.length; ) {
    const end = endOfBlock(start)
    // A line that ends with `\r\n` ends before both.
    const lines = text.slice(start, text[end] === "\n" && text[end - 1] === "\r" ? end - 1 : end)
    yield { text: lines.includes("\r") ? lines.replace(/\r\n?/g, "\n") : lines, start }
    start = nextLine(end)
  }
}
