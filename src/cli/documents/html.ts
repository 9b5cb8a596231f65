/** The text of HTML. Loaded for the first file of HTML. */
import { convert } from "html-to-text"
import { heading, table } from "./htmlFormats.js"

/** How deep elements are read, and how many characters. */
const limits = { maxDepth: 200, maxInputLength: 8_000_000 }

/**
 * Returns the title and the text of a page, without navigation and addresses: paragraphs, lists, and headings and tables as
 * in Markdown.
 */
export const textOf = (html: string): { readonly title: string | undefined; readonly text: string } => {
  const [, markup] = /<title\b[^>]*>([^<]*)<\/title/i.exec(html) ?? []
  const title = markup === undefined ? "" : convert(markup, { wordwrap: false }).replace(/\s+/g, " ").trim()
  const text = convert(html, {
    wordwrap: false,
    limits,
    formatters: { markdownHeading: heading, markdownTable: table },
    selectors: [
      ...["title", "nav", "img", "svg", "form", "iframe"].map((selector) => ({ selector, format: "skip" })),
      ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, format: "markdownHeading" })),
      { selector: "a", options: { ignoreHref: true } },
      { selector: "table", format: "markdownTable", options: { uppercaseHeaderCells: false } }
    ]
  })
  return { title: title === "" ? undefined : title, text }
}
