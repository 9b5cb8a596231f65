/** Tables in plain text: those of Markdown, with pipes, and lines of values with commas, semicolons or tabs. */
import { codeIn } from "./Markdown.js"
import { cut } from "./Sentences.js"

/** Where the lines of a table are in a block. */
export interface Table {
  /** The start of its header. */
  readonly start: number
  /** The start of the row after the header. */
  readonly rows: number
  /** The end of the last row. */
  readonly end: number
}

/** A line that has nothing but what a delimiter row has. The loop is bounded like those of the reader of blocks. */
const delimiters = /\n[ \t|:-]{1,10000}(?=\n|$)/g
const delimiter = /^\s*:?-+:?\s*$/
/** No line is read into more cells than this: one of a megabyte may have a million. */
const MAX_CELLS = 10_000
/** The cells of a row: a pipe after a backslash is text. */
const cellsOf = (row: string): ReadonlyArray<string> =>
  row
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "")
    .split(/(?<!\\)\|/, MAX_CELLS + 1)

/** The table of Markdown in a block of lines: a header, a delimiter row of as many cells, and rows up to the end or to code. */
const pipeTable = (block: string): Table | undefined => {
  const end = codeIn(block)
  for (const { 0: line, index } of block.matchAll(delimiters)) {
    const rows = index + line.length + 1
    if (rows >= end) return undefined
    const cells = cellsOf(line)
    if (!line.includes("|") || !cells.every((cell) => delimiter.test(cell))) continue
    const start = block.lastIndexOf("\n", index - 1) + 1
    if (cellsOf(block.slice(start, index)).length === cells.length) return { start, rows, end }
  }
  return undefined
}

/** Separators, and how many a header has at least: sentences have commas, too. */
const separators = [
  ["\t", 1],
  [",", 2],
  [";", 2]
] as const
/** How many lines show that a text is lines of values. */
const SAMPLE = 20
const MIN_SAMPLE = 5
const quoted = /"[^"]*"/g
const value = /^\s*\W?\d/

/**
 * Lines of values below their names: the first lines have the same number of separators, and the first one alone has a name
 * in each and no numbers. Other texts are left alone, because a first line that is not a header would be repeated in vain.
 */
const sheet = (block: string): Table | undefined => {
  const [first = "", ...others] = block.split("\n", SAMPLE)
  if (others.length < MIN_SAMPLE) return undefined
  for (const [separator, least] of separators) {
    const valuesOf = (line: string) => line.replace(quoted, '""').split(separator, MAX_CELLS + 1)
    const names = valuesOf(first)
    if (names.length <= least || names.length > MAX_CELLS) continue
    if (!names.every((name) => name.trim() !== "" && !value.test(name))) continue
    const rows = others.map(valuesOf)
    if (
      rows.every(({ length }) => length === names.length) &&
      rows.some((row) => row.some((cell) => value.test(cell)))
    ) {
      return { start: 0, rows: first.length + 1, end: block.length }
    }
  }
  return undefined
}

/** The first table of a block that does not begin with code. */
export const tableOf = (block: string): Table | undefined => pipeTable(block) ?? sheet(block)

/** A part of a table. */
export interface TablePart {
  /** What stands above its rows: the header, in the first part with the lines before it; the empty text for a long header. */
  readonly header: string
  /** Whole rows; a row longer than the limit is in parts. */
  readonly text: string
}

/** Whole lines of a text, in pieces of at most `limit` UTF-16 code units. Only a longer line is cut. */
function* cutLines(text: string, limit: number): Generator<string> {
  let rest = text
  while (rest.length > limit) {
    const last = rest.lastIndexOf("\n", limit)
    const end = last > 0 ? last : rest.indexOf("\n")
    const lines = end < 0 ? rest : rest.slice(0, end)
    yield* cut(lines, limit)
    rest = rest.slice(lines.length + 1)
  }
  if (rest.trim() !== "") yield rest
}

/**
 * The table of a block in parts, whose rows have at most `limit` UTF-16 code units. Each repeats the header, unless that is
 * longer than a third of the limit. Lines before the table that are longer than that, too, are parts without a header.
 */
export function* cutTable(block: string, { end, rows, start }: Table, limit: number): Generator<TablePart> {
  const header = block.slice(start, rows - 1)
  const repeated = header.length <= limit / 3 ? header : ""
  const isLeadShort = repeated !== "" && start <= limit / 3
  if (!isLeadShort) for (const text of cut(block.slice(0, Math.max(0, start - 1)), limit)) yield { header: "", text }
  let above = isLeadShort ? block.slice(0, rows - 1) : repeated
  for (const text of cutLines(block.slice(repeated === "" ? start : rows, end), limit)) {
    yield { header: above, text }
    above = repeated
  }
}
