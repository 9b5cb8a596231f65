/**
 * Passages: the parts of a doc that recall indexes and finds. A doc is cut where its author divided it: at headings and
 * blank lines, and within a block that is too long at the ends of sentences. A passage repeats the headings above it, and
 * the end of the passage before it in the same section.
 */
import { blocksOf, fenceOf, levelOf } from "./Markdown.js"
import { cut, endOf } from "./Sentences.js"

/** The length up to which passages are filled, in characters; all lengths are without headings and overlap. */
const TARGET = 900
/** The greatest length of a passage of prose. */
const LIMIT = 1400
/** The greatest length of a passage of code, which is hard to read in parts. */
const CODE_LIMIT = 2400
/** A paragraph of at most this length before code introduces it, and stays in one passage with it. */
const MAX_LEAD = 300
/** How much of the end of a passage the next one repeats at most: words that are repeated count twice in a search. */
const MAX_OVERLAP = 100

/**
 * The most passages of a text: one for this many characters, and in a short text this many. Beyond that, its author's
 * divisions are too small to be worth a row of the index each, and it is cut by length alone.
 */
const MIN_AVERAGE = 300
const MAX_SMALL = 5000

const mostPassages = (characters: number): number => Math.max(MAX_SMALL, characters / MIN_AVERAGE)

/** A block in pieces that fit a passage; each piece of code has its fences. */
const split = (block: string): ReadonlyArray<string> => {
  const mark = fenceOf(block)
  if (mark === undefined) return block.length > LIMIT ? cut(block, LIMIT) : [block]
  if (block.length <= CODE_LIMIT) return [block]
  const lines = block.split("\n")
  const [first = mark] = lines
  const closed = lines.at(-1)?.trim() === mark
  return cut(lines.slice(1, closed ? -1 : undefined).join("\n"), CODE_LIMIT).map((code) => `${first}\n${code}\n${mark}`)
}

/** The end of a passage that the next one repeats; none of code, whose parts mean nothing. */
const overlapOf = (text: string): string =>
  text.split("\n").some((line) => fenceOf(line) !== undefined) ? "" : endOf(text, MAX_OVERLAP)

/** The parts of a passage. */
export interface PassageParts {
  /** The headings above it, outermost first. */
  readonly heading: string
  /** The end of the passage before it. */
  readonly overlap: string
  readonly text: string
}

const alone = (text: string): PassageParts => ({ heading: "", overlap: "", text })

/** The passages of a text, in parts. A text of at most 900 characters is one passage, verbatim. */
export const passagePartsOf = (text: string): ReadonlyArray<PassageParts> => {
  if (text.length <= TARGET) return text.trim() === "" ? [] : [alone(text)]
  const most = mostPassages(text.length)
  const passages: Array<PassageParts> = []
  const trail: Array<{ readonly level: number; readonly line: string }> = []
  let parts: Array<string> = []
  let heading = ""
  let overlap = ""
  let length = 0
  let bare = false
  const flush = () => {
    if (parts.length > 0) passages.push({ heading, overlap, text: parts.join("\n\n") })
    overlap = overlapOf(parts.at(-1) ?? "")
    parts = []
    length = 0
  }
  for (const block of blocksOf(text)) {
    if (passages.length > most) return cut(text, TARGET).map(alone)
    const level = levelOf(block)
    if (level !== undefined) {
      flush()
      // The overlap never crosses a heading.
      overlap = ""
      // A heading without text, and without headings below it, is a passage of its own.
      if (bare && (trail.at(-1)?.level ?? 0) >= level) passages.push(alone(heading))
      while (trail.length > 0 && (trail.at(-1)?.level ?? 0) >= level) trail.pop()
      trail.push({ level, line: block })
      heading = trail.map(({ line }) => line).join("\n\n")
      bare = true
      continue
    }
    bare = false
    for (const piece of split(block)) {
      if (length > 0 && length + piece.length > TARGET) {
        const last = parts.at(-1) ?? ""
        const lead =
          fenceOf(piece) !== undefined && fenceOf(last) === undefined && last.length <= MAX_LEAD && parts.length > 1
            ? parts.pop()
            : undefined
        flush()
        if (lead !== undefined) parts.push(lead)
        length = lead?.length ?? 0
      }
      parts.push(piece)
      length += piece.length
    }
  }
  flush()
  if (bare) passages.push(alone(heading))
  return passages
}

/** The passages of a text. */
export const passagesOf = (text: string): ReadonlyArray<string> =>
  passagePartsOf(text).map(({ heading, overlap, text }) =>
    [heading, overlap, text].filter((part) => part !== "").join("\n\n")
  )

/** The passages of a doc. Chunks that the author made stay apart, unless they are too many; long ones are cut. */
export const passagesOfContent = (content: string | ReadonlyArray<string>): ReadonlyArray<string> => {
  if (typeof content === "string") return passagesOf(content)
  const characters = content.reduce((sum, chunk) => sum + chunk.length, 0)
  return content.length > mostPassages(characters) ? cut(content.join("\n\n"), TARGET) : content.flatMap(passagesOf)
}
