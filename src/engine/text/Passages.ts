/**
 * Passages: what recall indexes and finds. A doc is cut where its author cut it: at headings, blank lines and, where a
 * block is too long, at the ends of sentences. A passage begins with the headings it stands under, and with the end of the
 * passage before it, where these are of one section.
 */

/** The length a passage is filled up to, in characters. */
const TARGET = 900
/** The length no passage of prose exceeds, headings aside. */
const LIMIT = 1400
/** Code is of little use in halves: it may be this long. */
const CODE_LIMIT = 2400
/** A paragraph this short that comes before code introduces it, and stays with it. */
const LEAD = 300
/** At most so much of the end of a passage is repeated before the next one: more would count words twice. */
const OVERLAP = 100

/** What opens a fence: its mark, and what the author says of the code. */
const fence = /^\s{0,20}(`{3,}|~{3,})[^`\n]{0,99}(?:\n|$)/
const fenceOf = (block: string): string | undefined => fence.exec(block)?.[1]
const heading = /^(#{1,6})\s+\S/
/** A line that is longer is no heading: those stand above every passage below them. */
const HEADING = 200
const levelOf = (line: string): number | undefined =>
  line.length > HEADING ? undefined : heading.exec(line)?.[1]?.length

/** Blocks: a heading line, a fenced piece of code, or lines up to a blank one. */
const blocksOf = (text: string): ReadonlyArray<string> => {
  const blocks: Array<string> = []
  let lines: Array<string> = []
  let open: string | undefined
  const flush = () => {
    if (lines.some((line) => line.trim() !== "")) blocks.push(lines.join("\n"))
    lines = []
  }
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (open !== undefined) {
      lines.push(line)
      if (line.trim() === open) {
        open = undefined
        flush()
      }
      continue
    }
    open = fenceOf(line)
    if (open !== undefined) {
      lines.push(line)
    } else if (line.trim() === "") {
      flush()
    } else if (levelOf(line) !== undefined) {
      flush()
      blocks.push(line)
    } else {
      lines.push(line)
    }
  }
  flush()
  return blocks
}

/** A cut at or before `end` that does not fall inside a surrogate pair. */
const safeEnd = (text: string, end: number): number => {
  const unit = text.charCodeAt(end - 1)
  return end < text.length && unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end
}

/** A text that is too long, cut at line ends, sentence ends or spaces, as late as possible. */
export const cut = (text: string, limit: number): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  let rest = text
  while (rest.length > limit) {
    const window = rest.slice(0, limit)
    const at = Math.max(
      window.lastIndexOf("\n") + 1,
      ...[". ", "! ", "? ", "; "].map((end) => window.lastIndexOf(end) + 2),
      window.lastIndexOf("。") + 1
    )
    const space = window.lastIndexOf(" ") + 1
    const end = at > limit / 3 ? at : space > limit / 3 ? space : safeEnd(rest, limit)
    pieces.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end)
  }
  if (rest.trim() !== "") pieces.push(rest)
  return pieces
}

/** The pieces of a block. Code is left whole as long as it can be, and each piece of it is fenced. */
const split = (block: string): ReadonlyArray<string> => {
  const mark = fenceOf(block)
  if (mark === undefined) return block.length > LIMIT ? cut(block, LIMIT) : [block]
  if (block.length <= CODE_LIMIT) return [block]
  const lines = block.split("\n")
  const [first = mark] = lines
  const closed = lines.at(-1)?.trim() === mark
  return cut(lines.slice(1, closed ? -1 : undefined).join("\n"), CODE_LIMIT).map((code) => `${first}\n${code}\n${mark}`)
}

/** Where a text may begin: after a line, a sentence, or a word. */
const beginnings = [/\n\s*/, /[.!?;]\s+|。/, /\s+/]

/** The last sentences of a text, or words, that an overlap has room for. Code is of no use in parts. */
const endOf = (text: string): string => {
  if (text.split("\n").some((line) => fenceOf(line) !== undefined)) return ""
  if (text.length <= OVERLAP) return text.trim()
  const window = text.slice(safeEnd(text, text.length - OVERLAP))
  for (const beginning of beginnings) {
    const found = beginning.exec(window)
    const end = found === null ? "" : window.slice(found.index + found[0].length).trim()
    if (end !== "") return end
  }
  return window.trim()
}

/** A passage, in its parts. */
export interface Cut {
  /** The headings it stands under. */
  readonly heading: string
  /** The end of the passage before it. */
  readonly overlap: string
  readonly text: string
}

const alone = (text: string): Cut => ({ heading: "", overlap: "", text })

/** How a text is cut. A short text is one passage, exactly as it is. */
export const cutsOf = (text: string): ReadonlyArray<Cut> => {
  if (text.length <= TARGET) return text.trim() === "" ? [] : [alone(text)]
  const passages: Array<Cut> = []
  const trail: Array<{ readonly level: number; readonly line: string }> = []
  let parts: Array<string> = []
  let heading = ""
  let overlap = ""
  let length = 0
  let bare = false
  const flush = () => {
    if (parts.length > 0) passages.push({ heading, overlap, text: parts.join("\n\n") })
    overlap = endOf(parts.at(-1) ?? "")
    parts = []
    length = 0
  }
  for (const block of blocksOf(text)) {
    const level = levelOf(block)
    if (level !== undefined) {
      flush()
      // What stands under another heading is no beginning of this.
      overlap = ""
      // A heading with no text of its own, nor any below it, is a passage by itself.
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
          fenceOf(piece) !== undefined && fenceOf(last) === undefined && last.length <= LEAD && parts.length > 1
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

/** The passages of one text. */
export const passagesOf = (text: string): ReadonlyArray<string> =>
  cutsOf(text).map(({ heading, overlap, text }) => [heading, overlap, text].filter((part) => part !== "").join("\n\n"))

/** The passages of a doc: each chunk its author made stands for itself, long ones are cut. */
export const passagesOfContent = (content: string | ReadonlyArray<string>): ReadonlyArray<string> =>
  (typeof content === "string" ? [content] : content).flatMap(passagesOf)
