/**
 * Passages: the parts of a doc that recall indexes and finds. A doc is cut where its author divided it: at headings and
 * blank lines, and within a block that is too long at the ends of sentences, or of the rows of a table. A passage repeats
 * the headings above it, the header of a table whose rows it continues, and of other text the end of the passage before it
 * in the same section.
 */
import { blocksOf, fenceOf, levelOf } from "./Markdown.js"
import { cut, endOf } from "./Sentences.js"
import { cutTable, tableOf } from "./Tables.js"

/** The length up to which passages are filled, in characters; all lengths are without what is repeated. */
const TARGET = 900
/** The greatest length of a passage of prose, or of rows of a table. */
const LIMIT = 1400
/** The greatest length of a passage of code, which is hard to read in parts. */
const CODE_LIMIT = 2400
/** A paragraph of at most this length before code introduces it, and stays in one passage with it. */
const MAX_LEAD = 300
/** How much of the end of a passage the next one repeats at most: words that are repeated count twice in a search. */
const MAX_OVERLAP = 100

/**
 * The most passages that follow the divisions of a text, one for this many characters and in a short text this many, and
 * how long they may be together, with the headings and headers that they repeat. Beyond that, the divisions are too small
 * to be worth a row of the index each, and the rest is cut by length alone.
 */
const MIN_AVERAGE = 300
const MAX_SMALL = 5000
const mostPassages = (characters: number): number => Math.max(MAX_SMALL, characters / MIN_AVERAGE)
const mostCharacters = (characters: number): number => 20_000 + 5 * characters

/** A piece of a block that fits a passage. */
interface Piece {
  readonly text: string
  /** Of a part of a table, what stands above its rows; it may be empty. Such a piece begins a passage. */
  readonly header?: string
}

/** Code in pieces that have its fences. */
function* cutCode(block: string, mark: string): Generator<Piece> {
  const first = block.slice(0, block.indexOf("\n"))
  const last = block.slice(block.lastIndexOf("\n") + 1)
  const code = block.slice(
    first.length + 1,
    last.trim() === mark ? Math.max(first.length, block.length - last.length - 1) : undefined
  )
  for (const piece of cut(code, CODE_LIMIT)) yield { text: `${first}\n${piece}\n${mark}` }
}

/** A block in pieces. */
function* split(block: string): Generator<Piece> {
  const mark = fenceOf(block)
  if (block.length <= (mark === undefined ? LIMIT : CODE_LIMIT)) {
    yield { text: block }
  } else if (mark !== undefined) {
    yield* cutCode(block, mark)
  } else {
    const table = tableOf(block)
    if (table === undefined) for (const text of cut(block, LIMIT)) yield { text }
    else {
      yield* cutTable(block, table, LIMIT)
      // Code that follows without a blank line.
      if (table.end < block.length) yield* split(block.slice(table.end + 1))
    }
  }
}

/** The end of a passage that the next one repeats; none of code and tables, whose parts mean nothing. */
const overlapOf = (text: string): string =>
  text.split("\n").some((line) => fenceOf(line) !== undefined) || tableOf(text) !== undefined
    ? ""
    : endOf(text, MAX_OVERLAP)

/** The parts of a passage. */
export interface PassageParts {
  /** The headings above it, outermost first. */
  readonly heading: string
  /** The end of the passage before it. */
  readonly overlap: string
  /** Of a part of a table, the header, and of the first part the lines before the table, too. */
  readonly header: string
  readonly text: string
}

const alone = (text: string): PassageParts => ({ heading: "", overlap: "", header: "", text })

/**
 * The passages of a text, in parts. A text of at most 900 characters is one passage, verbatim. Each passage is made when
 * it is asked for: a text of millions of characters takes seconds.
 */
export function* passagePartsOf(text: string): Generator<PassageParts> {
  if (text.length <= TARGET) {
    if (text.trim() !== "") yield alone(text)
    return
  }
  let left = mostPassages(text.length)
  let charactersLeft = mostCharacters(text.length)
  const trail: Array<{ readonly level: number; readonly line: string }> = []
  let parts: Array<string> = []
  let heading = ""
  let overlap = ""
  /** Of a passage that begins with a part of a table; it may be empty. */
  let header: string | undefined
  let length = 0
  let bare = false
  function* flush(): Generator<PassageParts> {
    if (parts.length > 0) {
      left--
      const above = header ?? ""
      charactersLeft -= heading.length + above.length + length
      yield { heading, overlap, header: above, text: parts.join("\n\n") }
    }
    overlap = header !== undefined && parts.length === 1 ? "" : overlapOf(parts.at(-1) ?? "")
    header = undefined
    parts = []
    length = 0
  }
  for (const { start, text: block } of blocksOf(text)) {
    if (left <= 0 || charactersLeft <= 0) {
      yield* flush()
      if (bare) yield alone(heading)
      for (const piece of cut(text.slice(start), TARGET)) yield alone(piece)
      return
    }
    const level = levelOf(block)
    if (level !== undefined) {
      yield* flush()
      // The overlap never crosses a heading.
      overlap = ""
      // A heading without text, and without headings below it, is a passage of its own.
      if (bare && (trail.at(-1)?.level ?? 0) >= level) {
        left--
        charactersLeft -= heading.length
        yield alone(heading)
      }
      while (trail.length > 0 && (trail.at(-1)?.level ?? 0) >= level) trail.pop()
      trail.push({ level, line: block })
      heading = trail.map(({ line }) => line).join("\n\n")
      bare = true
      continue
    }
    bare = false
    for (const piece of split(block)) {
      if (length > 0 && (piece.header !== undefined || length + piece.text.length > TARGET)) {
        const last = parts.at(-1) ?? ""
        const lead =
          fenceOf(piece.text) !== undefined &&
          fenceOf(last) === undefined &&
          last.length <= MAX_LEAD &&
          parts.length > 1
            ? parts.pop()
            : undefined
        yield* flush()
        if (lead !== undefined) parts.push(lead)
        length = lead?.length ?? 0
      }
      header ??= piece.header
      parts.push(piece.text)
      length += piece.text.length
    }
  }
  yield* flush()
  if (bare) yield alone(heading)
}

/** The passages of a text. */
export function* passagesOf(text: string): Generator<string> {
  for (const { header, heading, overlap, text: own } of passagePartsOf(text)) {
    yield [heading, overlap, header === "" ? own : `${header}\n${own}`].filter((part) => part !== "").join("\n\n")
  }
}

/** The length of a doc's content, in characters. */
export const lengthOfContent = (content: string | ReadonlyArray<string>): number =>
  typeof content === "string" ? content.length : content.reduce((sum, chunk) => sum + chunk.length, 0)

function* contentPassages(content: string | ReadonlyArray<string>): Generator<string> {
  if (typeof content === "string") yield* passagesOf(content)
  else if (content.length > mostPassages(lengthOfContent(content))) yield* cut(content.join("\n\n"), TARGET)
  else for (const chunk of content) yield* passagesOf(chunk)
}

/**
 * The passages of a doc, one at least: an empty one lets a doc without content be found by its title. Chunks that the author
 * made stay apart, unless they are too many; long ones are cut.
 */
export function* passagesOfContent(content: string | ReadonlyArray<string>): Generator<string> {
  let empty = true
  for (const passage of contentPassages(content)) {
    empty = false
    yield passage
  }
  if (empty) yield ""
}
