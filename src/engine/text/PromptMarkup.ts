/**
 * The markup of prompts. Text that is data stands between tags, and escapes keep it from opening or closing one.
 * Every escape has an exact inverse, so what is written can be read back.
 */

/** The tags of prompts. Data that holds one of them is escaped. */
const TAGS = ["about_user", "doc", "memory", "turn", "summary", "messages", "memories", "suggestions"] as const

/** A tag of a prompt. */
export type Tag = (typeof TAGS)[number]

interface Escape {
  readonly write: (text: string) => string
  readonly read: (text: string) => string
}

/**
 * Replaces a character by an entity where `next` follows. An entity that the text itself holds there gets one more
 * `&amp;`, which makes the escape reversible.
 */
const escape = (character: string, entity: string, next: string): Escape => {
  const literal = new RegExp(`&(?=(?:amp;)*${entity};${next})`, "gi")
  const written = new RegExp(`\\${character}(?=${next})`, "gi")
  const read = new RegExp(`&${entity};(?=${next})|&amp;(?=(?:amp;)*${entity};${next})`, "gi")
  return {
    // Most texts have neither character, and `includes` finds that out faster than a pattern.
    write: (text) => {
      const kept = text.includes("&") ? text.replace(literal, "&amp;") : text
      return kept.includes(character) ? kept.replace(written, `&${entity};`) : kept
    },
    read: (text) => text.replace(read, (found) => (found.length === entity.length + 2 ? character : "&"))
  }
}

// A model takes white space within a tag, and any case, for the tag.
const tags = escape("<", "lt", `\\s*(?:\\/\\s*)?(?:${TAGS.join("|")})\\b`)
const quotes = escape('"', "quot", "")

/** A text in which nothing opens or closes a tag of prompts. */
export const data = tags.write

/** A text on one line: each run of white space becomes one space. */
export const oneLine = (text: string): string => text.replace(/[\s\u0085]+/g, " ")

/** A text on one line, fit to stand between double quotes. */
export const attribute = (text: string): string => quotes.write(data(oneLine(text)))

/** A text of data between the tags of a block, each on a line of its own. */
export const block = (tag: Tag, text: string, attributes: Readonly<Record<string, string>> = {}): string => {
  let written = ""
  for (const name in attributes) written += ` ${name}="${attribute(attributes[name] ?? "")}"`
  return `<${tag}${written}>\n${data(text)}\n</${tag}>`
}

/** The line that opens a block, taken apart. */
export interface Opening {
  readonly tag: Tag
  readonly attributes: Readonly<Record<string, string>>
}

/** The start of a line that opens a block, as the source of a regular expression. */
export const OPENING = `<(?:${TAGS.join("|")})\\b`

const opening = new RegExp(`^<(${TAGS.join("|")})((?: \\w+="[^"\\n]*")*)>$`)

const isTag = (name: string | undefined): name is Tag => TAGS.some((tag) => tag === name)

/** Reads the line that opens a block. Returns `undefined` for any other line. */
export const readOpening = (line: string): Opening | undefined => {
  const [, tag, attributes = ""] = opening.exec(line) ?? []
  if (!isTag(tag)) return undefined
  const values = [...attributes.matchAll(/ (\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
    name,
    tags.read(quotes.read(value))
  ])
  return { tag, attributes: Object.fromEntries(values) }
}

/** Reads the text of the block that the line at `start` opens. A block that nothing closes goes on to the last line. */
export const readBlock = (
  lines: ReadonlyArray<string>,
  start: number,
  tag: Tag
): { readonly text: string; readonly end: number } => {
  const found = lines.indexOf(`</${tag}>`, start + 1)
  const end = found === -1 ? lines.length : found
  return { text: tags.read(lines.slice(start + 1, end).join("\n")), end }
}

/** Whether every parenthesis of a text has its other half. */
const isBalanced = (text: string): boolean => {
  let depth = 0
  for (const char of text) {
    if (char === "(") depth++
    else if (char === ")" && --depth < 0) return false
  }
  return depth === 0
}

/** A name on one line, fit to stand between the parentheses of a label: it neither closes them nor opens others. */
export const labelName = (name: string): string => {
  const text = data(oneLine(name)).replace(/&(?=(?:amp;)*[lr]par;)/gi, "&amp;")
  return isBalanced(text) && !/\)[.:]/.test(text)
    ? text
    : text.replace(/[()]/g, (found) => (found === ")" ? "&rpar;" : "&lpar;"))
}

const written = /&([lr])par;|&amp;(?=(?:amp;)*[lr]par;)/gi

/** The name that {@link labelName} wrote. */
export const readLabelName = (name: string): string =>
  tags.read(
    name.replace(written, (_, side?: string) => (side === undefined ? "&" : side.toLowerCase() === "l" ? "(" : ")"))
  )
