/** Headings and tables of HTML as those of Markdown: passages are cut at headings, and their parts repeat both. */
import type { DomNode, FormatCallback } from "html-to-text"

export const heading: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 2 })
  builder.addInline(`${"#".repeat(Number(element.name?.slice(1)))} `)
  walk(element.children, builder)
  builder.closeBlock({ trailingLineBreaks: 2 })
}

interface Cell {
  readonly text: string
  readonly colspan: number
  readonly rowspan: number
}

/** No cell spans more rows or columns. */
const MAX_SPAN = 100
/** The texts of rows, with an empty one wherever a cell spans further columns or rows. */
const textsOf = (rows: ReadonlyArray<ReadonlyArray<Cell>>): ReadonlyArray<ReadonlyArray<string>> => {
  /** How many further rows the last cell of each column spans. */
  const spanned: Array<number> = []
  return rows.map((cells) => {
    const texts: Array<string> = []
    const passSpanned = () => {
      for (let left = spanned[texts.length] ?? 0; left > 0; left = spanned[texts.length] ?? 0) {
        spanned[texts.length] = left - 1
        texts.push("")
      }
    }
    for (const { colspan, rowspan, text } of cells) {
      passSpanned()
      for (let column = 0; column < Math.min(colspan, MAX_SPAN); column++) {
        spanned[texts.length] = Math.min(rowspan, MAX_SPAN) - 1
        texts.push(column === 0 ? text.replace(/\s+/g, " ").replaceAll("|", "\\|") : "")
      }
    }
    passSpanned()
    return texts
  })
}

const rowOf = (texts: ReadonlyArray<string>) => `| ${texts.join(" | ")} |`

const childrenOf = (element: DomNode, ...names: ReadonlyArray<string>) =>
  element.children.filter(({ name }) => names.includes(name ?? ""))
const numberOf = (attribute: unknown) => Math.max(1, Math.floor(Number(attribute)) || 1)

/** A table whose first row is a header. Any other may be there for the layout of a page: its cells stand side by side. */
export const table: FormatCallback = (element, walk, builder, options) => {
  const rows = childrenOf(element, "thead", "tbody", "tfoot", "tr").flatMap((child) =>
    child.name === "tr" ? [child] : childrenOf(child, "tr")
  )
  const [first] = rows
  const isHeader = first?.parent?.name === "thead" || (first !== undefined && childrenOf(first, "td").length === 0)
  if (rows.length < 2 || !isHeader) return builder.options.formatters["dataTable"]?.(element, walk, builder, options)
  for (const caption of childrenOf(element, "caption")) {
    builder.openBlock({ leadingLineBreaks: 2 })
    walk(caption.children, builder)
    builder.closeBlock({ trailingLineBreaks: 2 })
  }
  builder.openTable()
  for (const row of rows) {
    builder.openTableRow()
    for (const cell of childrenOf(row, "th", "td")) {
      builder.openTableCell()
      walk(cell.children, builder)
      builder.closeTableCell({
        colspan: numberOf(cell.attribs?.colspan),
        rowspan: numberOf(cell.attribs?.rowspan)
      })
    }
    builder.closeTableRow()
  }
  builder.closeTable({
    tableToString: (cells) => {
      const [header = [], ...others] = textsOf(cells)
      return [rowOf(header), rowOf(header.map(() => "---")), ...others.map(rowOf)].join("\n")
    }
  })
}
