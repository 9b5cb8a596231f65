import type { Quotable } from "./conversation.js"
import { closesFence, fenceOf, startsInCode } from "./fences.js"
import { isNoise, plainHeading, readable } from "./markup.js"

/** The smallest thing an answer quotes from: a paragraph, a list item, a table row or a block of code. */
export interface Block {
  readonly kind: "text" | "item" | "row" | "code"
  readonly text: string
  /** The marker of a list item: "- ", or its number. */
  readonly marker: string
  readonly passage: Quotable
  /** The headings above it, outermost first. */
  readonly headings: ReadonlyArray<string>
  /** The number of its section within the passage. */
  readonly section: number
  /** The block that introduces it: the paragraph before a list or code, or the item above a nested one. */
  readonly lead: Block | undefined
}

interface Heading {
  readonly level: number
  readonly text: string
}

const item = /^\s*([-*+•]|\d{1,3}[.)])\s+(?=\S)/
const rule = /^\s*(?:[-*_]\s*){3,}$/
const separatorRow = /^[\s|:-]+$/

const cells = (line: string): Array<string> =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => readable(cell).replaceAll("\\|", "|"))

const row = (header: ReadonlyArray<string>, line: string): string => {
  const [first = "", ...rest] = cells(line)
  const named = rest.flatMap((cell, index) => {
    const name = rest.length > 1 ? (header[index + 1] ?? "") : ""
    return cell === "" ? [] : [name === "" ? cell : `${name}: ${cell}`]
  })
  return named.length === 0 ? first : `${first}: ${named.join("; ")}`
}

/** Cuts a passage of Markdown or plain text into its blocks. */
export const blocksOf = (passage: Quotable): Array<Block> => {
  const blocks: Array<Block> = []
  const headings: Array<Heading> = []
  let section = 0
  let paragraph: Array<string> = []
  let listItem: { readonly indent: number; readonly marker: string; readonly lines: Array<string> } | undefined
  let parents: ReadonlyArray<{ readonly indent: number; readonly block: Block }> = []
  let intro: Block | undefined
  let header: ReadonlyArray<string> | undefined
  let code: { readonly fence: string; readonly lines: Array<string> } | undefined
  const lines = passage.text.split(/\r?\n/)

  const add = (kind: Block["kind"], text: string, lead: Block | undefined, marker = "- "): Block | undefined => {
    if (text.trim() === "") return undefined
    const block = { kind, text, marker, passage, headings: headings.map((one) => one.text), section, lead }
    blocks.push(block)
    return block
  }
  const flush = () => {
    if (listItem !== undefined) {
      const { indent, lines: parts, marker } = listItem
      parents = parents.filter((parent) => parent.indent < indent)
      const block = isNoise(parts.join(" "))
        ? undefined
        : add("item", readable(parts.join(" ")), parents.at(-1)?.block ?? intro, marker)
      if (block !== undefined) parents = [...parents, { indent, block }]
      listItem = undefined
    }
    if (paragraph.length > 0) {
      const heading = paragraph.length === 1 ? plainHeading(paragraph[0] ?? "") : undefined
      if (heading === undefined) intro = add("text", readable(paragraph.join(" ")), undefined) ?? intro
      else startSection({ level: 7, text: heading })
      parents = []
      paragraph = []
    }
  }
  const startSection = (heading: Heading) => {
    while ((headings.at(-1)?.level ?? 0) >= heading.level) headings.pop()
    headings.push(heading)
    section++
    intro = undefined
    parents = []
  }
  const endCode = () => {
    if (code === undefined) return
    const body = code.lines.join("\n")
    const marks = code.fence.slice(0, code.fence.search(/[^`~]|$/))
    if (body.trim() !== "") add("code", `${code.fence}\n${body}\n${marks}`, parents.at(-1)?.block ?? intro)
    code = undefined
  }

  if (startsInCode(lines)) code = { fence: "```", lines: [] }
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ""
    if (code !== undefined) {
      if (closesFence(code.fence, line)) endCode()
      else code.lines.push(line)
      continue
    }
    const trimmed = line.trim()
    const isRow = trimmed.length > 2 && trimmed.startsWith("|")
    if (!isRow) header = undefined
    const fence = fenceOf(trimmed)
    if (fence !== undefined) {
      flush()
      code = { fence, lines: [] }
    } else if (trimmed === "" || trimmed.startsWith(":::") || trimmed.startsWith("<!--")) {
      flush()
    } else if (/^#{1,6}\s/.test(trimmed)) {
      flush()
      startSection({ level: trimmed.search(/[^#]/), text: readable(trimmed.replace(/^#+/, "").replace(/#+$/, "")) })
    } else if (paragraph.length === 1 && /^(?:=+|-{3,})$/.test(trimmed)) {
      const text = readable(paragraph.pop() ?? "")
      startSection({ level: trimmed.startsWith("=") ? 1 : 2, text })
    } else if (rule.test(line)) {
      flush()
    } else if (isRow) {
      flush()
      if (separatorRow.test(trimmed)) continue
      if (header === undefined && separatorRow.test(lines[index + 1]?.trim() || "x")) header = cells(line)
      else add("row", row(header ?? [], line), intro)
      header ??= []
    } else if (item.test(line)) {
      flush()
      const mark = item.exec(line)?.[1] ?? "-"
      const marker = /\d/.test(mark) ? `${mark} ` : "- "
      listItem = { indent: line.search(/\S/), marker, lines: [line.replace(item, "")] }
    } else if (listItem !== undefined) {
      listItem.lines.push(trimmed)
    } else {
      if (!/^\s/.test(line)) parents = []
      paragraph.push(trimmed.replace(/^>\s?/, ""))
    }
  }
  flush()
  endCode()
  return blocks
}
