/**
 * What was recalled for a turn, as it stands at the head of the newest user message: in a tag that has the nonce of the
 * session in its name, so that nobody can type one. Use cases write it, and the offline model reads it back.
 */
import * as Markup from "./PromptMarkup.js"

/** A stretch of a doc. */
export interface RecalledPassage {
  readonly title: string
  readonly text: string
}

/** A memory of the user. */
export interface RecalledMemory {
  /** The day on which it was stated: of two memories that contradict each other, the newer one holds. */
  readonly at: string
  /** When it happened or will happen, in words: "7 May 2023". The empty text if it does not say, or on that very day. */
  readonly time: string
  readonly text: string
}

/** A message of an earlier turn. */
export interface RecalledMessage {
  readonly from: string
  /** When it was sent: a date and a time in UTC. */
  readonly at: string
  readonly text: string
}

/** What was recalled. */
export interface RecalledParts {
  readonly passages: ReadonlyArray<RecalledPassage>
  /** Oldest first. */
  readonly memories: ReadonlyArray<RecalledMemory>
  /** Oldest first. */
  readonly turns: ReadonlyArray<RecalledMessage>
}

/** A block of markup that was read. */
export interface Block extends Markup.Opening {
  readonly text: string
}

/** The tag of a session. */
export const tagOf = (nonce: string): string => `recalled_${nonce}`

/** What a tag looks like, as the source of a regular expression. */
export const TAG = "recalled_\\w{9}"

/** A text that does not name the tag, so that it neither opens nor closes the block. */
export const withoutTag = (tag: string, text: string): string =>
  text.includes(tag) ? text.replaceAll(tag, "recalled") : text

/** Writes the block; the empty text if nothing was recalled. */
export const write = (tag: string, { memories, passages, turns }: RecalledParts): string => {
  const blocks = [
    ...passages.map(({ text, title }) => Markup.block("doc", text, { title })),
    ...memories.map(({ at, text, time }) => Markup.block("memory", text, time === "" ? { at } : { at, time })),
    ...turns.map(({ at, from, text }) => Markup.block("turn", text, { from, at }))
  ]
  return blocks.length === 0 ? "" : `<${tag}>\n${withoutTag(tag, blocks.join("\n\n"))}\n</${tag}>`
}

/** What blocks say that was recalled. */
export const partsOf = (blocks: ReadonlyArray<Block>): RecalledParts => {
  const tagged = (tag: Markup.Tag) => blocks.filter((block) => block.tag === tag)
  const attribute = ({ attributes }: Block, name: string) => attributes[name] ?? ""
  return {
    passages: tagged("doc").map((block) => ({ title: attribute(block, "title"), text: block.text })),
    memories: tagged("memory").map((block) => ({
      at: attribute(block, "at"),
      time: attribute(block, "time"),
      text: block.text
    })),
    turns: tagged("turn").map((block) => ({
      from: attribute(block, "from"),
      at: attribute(block, "at"),
      text: block.text
    }))
  }
}

/** Reads the block at the head of a text, and what follows it. */
export const read = (tag: string, text: string): { readonly recalled: RecalledParts; readonly rest: string } => {
  const opening = `<${tag}>\n`
  const closing = `\n</${tag}>`
  const end = text.startsWith(opening) ? text.indexOf(closing) : -1
  if (end < 0) return { recalled: partsOf([]), rest: text }
  const lines = text.slice(opening.length, end).split("\n")
  const blocks: Array<Block> = []
  for (let index = 0; index < lines.length; index++) {
    const opened = Markup.readOpening(lines[index] ?? "")
    if (opened === undefined) continue
    const block = Markup.readBlock(lines, index, opened.tag)
    blocks.push({ ...opened, text: block.text })
    index = block.end
  }
  return { recalled: partsOf(blocks), rest: text.slice(end + closing.length).replace(/^\n{1,2}/, "") }
}
