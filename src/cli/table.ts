/** Tables and records for people. Programs read `--json`. */
import { stripVTControlCharacters } from "node:util"

/** A column of a table. */
export interface Column<A> {
  readonly name: string
  readonly value: (item: A) => unknown
  /** Whether its values may be cut so that a line fits the terminal. Ids are always whole. */
  readonly cut?: boolean
  /** Whether it is left out of a terminal that is too narrow for all columns: the last such column first. */
  readonly extra?: boolean
}

const segmenter = new Intl.Segmenter()

/** What a terminal shows two columns wide. */
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u

const widthOf = (text: string): number => {
  // Most texts are ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}

/** A text that fits some columns, with `…` where it was cut. */
const fitted = (text: string, columns: number): string => {
  const missing = columns - widthOf(text)
  if (missing >= 0) return text + " ".repeat(missing)
  let kept = ""
  let width = 0
  for (const { segment } of segmenter.segment(text)) {
    const next = width + (wide.test(segment) ? 2 : 1)
    if (next > columns - 1) break
    kept += segment
    width = next
  }
  return `${kept}…${" ".repeat(columns - 1 - width)}`
}

/** A value as a text. What could control the terminal is left out: names and docs come from others. */
export const sanitizeForTerminal = (value: unknown): string => {
  if (value === undefined || value === null) return ""
  if (value instanceof Date) return value.toISOString().replace(/\.\d+Z$/, "Z")
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return stripVTControlCharacters(text).replace(/(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, "")
}

const oneLine = (value: unknown): string => sanitizeForTerminal(value).replace(/\s+/g, " ").trim()

const GAP = 2
const NARROWEST = 8

/** The widths of columns whose lines fit a terminal, as far as cutting the widest ones can do that. */
const narrowed = (
  widths: ReadonlyArray<number>,
  cut: ReadonlyArray<boolean>,
  columns: number
): ReadonlyArray<number> => {
  const fitting = [...widths]
  const excess = () => fitting.reduce((sum, width) => sum + width, GAP * (fitting.length - 1)) - columns
  while (excess() > 0) {
    const widest = fitting.reduce(
      (best, width, index) => (cut[index] && width > (fitting[best] ?? 0) ? index : best),
      cut.indexOf(true)
    )
    const width = fitting[widest]
    if (width === undefined || width <= NARROWEST) break
    fitting[widest] = width - 1
  }
  return fitting
}

/** The columns that a terminal has room for, where those that may be cut are at their narrowest. */
const fitting = <A>(columns: ReadonlyArray<Column<A>>, first: ReadonlyArray<A>, terminal: number) => {
  const least = ({ cut, name, value }: Column<A>) =>
    GAP + (cut ? NARROWEST : Math.max(name.length, ...first.map((item) => widthOf(oneLine(value(item))))))
  let shown = columns
  while (shown.reduce((sum, column) => sum + least(column), -GAP) > terminal) {
    const last = shown.findLastIndex(({ extra }) => extra)
    if (last < 0) break
    shown = shown.toSpliced(last, 1)
  }
  return shown
}

/** Makes the lines of a table. The first items say how wide its columns are. `terminal`: its width, if there is one. */
export const table = <A>(all: ReadonlyArray<Column<A>>, first: ReadonlyArray<A>, terminal: number | undefined) => {
  const columns = terminal === undefined ? all : fitting(all, first, terminal)
  const cells = (item: A) => columns.map(({ value }) => oneLine(value(item)))
  const rows = first.map(cells)
  const natural = columns.map(({ name }, index) =>
    Math.max(name.length, ...rows.map((row) => widthOf(row[index] ?? "")))
  )
  const mayCut = columns.map(({ cut }) => cut === true && terminal !== undefined)
  const widths = terminal === undefined ? natural : narrowed(natural, mayCut, terminal)
  const line = (texts: ReadonlyArray<string>) =>
    texts
      .map((text, index) => {
        const width = widths[index] ?? 0
        return mayCut[index] ? fitted(text, width) : text + " ".repeat(Math.max(0, width - widthOf(text)))
      })
      .join(" ".repeat(GAP))
      .trimEnd()
  return { header: line(columns.map(({ name }) => name.toUpperCase())), line: (item: A) => line(cells(item)) }
}

/** The members of a value, one a line; those that are absent are left out. Longer texts are indented below their names. */
export const record = (value: object): string => {
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null)
  const width = Math.max(...members.map(([name]) => name.length))
  return members
    .map(([name, member]) => {
      const text = sanitizeForTerminal(member)
      return text.includes("\n")
        ? `${name}:\n${text.replace(/^/gm, "  ")}`
        : `${`${name}:`.padEnd(width + 1)} ${text}`.trimEnd()
    })
    .join("\n")
}
