/** The text of HTML. A document of `DOMParser` runs no scripts and loads nothing. */

const LEFT_OUT = "script, style, template, noscript, svg, iframe, head, nav, [hidden]"
const BLOCKS = new Set(
  "ADDRESS ARTICLE ASIDE BLOCKQUOTE DD DIV DL DT FIELDSET FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN OL P PRE SECTION TABLE TR UL".split(
    " "
  )
)

/** What begins the line of an element: headings and items are marked as in Markdown, which passages are cut by. */
const markOf = ({ tagName }: Element): string => {
  const level = /^H([1-6])$/.exec(tagName)?.[1]
  if (level !== undefined) return `${"#".repeat(Number(level))} `
  return tagName === "LI" ? "- " : ""
}

const insideOf = (node: Node): string => Array.from(node.childNodes, written).join("")

const rowOf = ({ cells }: HTMLTableRowElement): string => {
  const texts = Array.from(cells, (cell) => insideOf(cell).replace(/\s+/g, " ").trim().replaceAll("|", "\\|"))
  return `| ${texts.join(" | ")} |`
}

/**
 * A table whose first row is a header, as one of Markdown: where passages cut it, they repeat the header. Nothing of any
 * other, which may be there for the layout of a page.
 */
const tableOf = ({ caption, rows: [header, ...rows], tHead }: HTMLTableElement): string | undefined => {
  if (header === undefined || rows.length === 0) return undefined
  if (header.parentElement !== tHead && Array.from(header.cells).some(({ tagName }) => tagName === "TD"))
    return undefined
  const delimiters = `|${" --- |".repeat(header.cells.length)}`
  const title = caption === null ? "" : insideOf(caption).trim()
  return `\n\n${title}\n\n${[rowOf(header), delimiters, ...rows.map(rowOf)].join("\n")}\n\n`
}

const written = (node: Node): string => {
  if (node.nodeType === Node.TEXT_NODE) return (node.nodeValue ?? "").replace(/\s+/g, " ")
  if (!(node instanceof Element)) return ""
  if (node.tagName === "BR") return "\n"
  const table = node instanceof HTMLTableElement ? tableOf(node) : undefined
  if (table !== undefined) return table
  if (node.tagName === "PRE") return `\n\n${node.textContent}\n\n`
  const inside = insideOf(node)
  if (node.tagName === "TD" || node.tagName === "TH") return `${inside.trim()} | `
  return BLOCKS.has(node.tagName) ? `\n\n${markOf(node)}${inside.trim()}\n\n` : inside
}

/** The title and the text of HTML. */
export const textOf = (html: string): { readonly title: string; readonly content: string } => {
  const { body, title } = new DOMParser().parseFromString(html, "text/html")
  for (const element of body.querySelectorAll(LEFT_OUT)) element.remove()
  const content = written(body)
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .trim()
  return { title: title.replace(/\s+/g, " ").trim().slice(0, 200), content }
}
