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

const written = (node: Node): string => {
  if (node.nodeType === Node.TEXT_NODE) return (node.nodeValue ?? "").replace(/\s+/g, " ")
  if (!(node instanceof Element)) return ""
  if (node.tagName === "BR") return "\n"
  if (node.tagName === "PRE") return `\n\n${node.textContent}\n\n`
  const inside = Array.from(node.childNodes, written).join("")
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
