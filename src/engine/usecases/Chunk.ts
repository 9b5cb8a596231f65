/**
 * Passages: what recall indexes and finds. A doc is cut where its author cut it: at headings, blank lines and, where a
 * block is too long, at the ends of sentences. A passage begins with the headings it stands under.
 */

/** The length a passage is filled up to, in characters. */
const TARGET = 900
/** The length no passage exceeds, headings aside. */
const LIMIT = 1400

const fence = /^\s*(```|~~~)/
const heading = /^(#{1,6})\s+(.+?)\s*#*\s*$/

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
    const mark = fence.exec(line)?.[1]
    if (open !== undefined) {
      lines.push(line)
      if (mark === open) {
        open = undefined
        flush()
      }
    } else if (mark !== undefined) {
      open = mark
      lines.push(line)
    } else if (line.trim() === "") {
      flush()
    } else if (heading.test(line)) {
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

/** A block that is too long, cut at line ends, sentence ends or spaces, as late as possible. */
const split = (block: string): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  let rest = block
  while (rest.length > LIMIT) {
    const window = rest.slice(0, LIMIT)
    const at = Math.max(
      window.lastIndexOf("\n") + 1,
      ...[". ", "! ", "? ", "; "].map((end) => window.lastIndexOf(end) + 2),
      window.lastIndexOf("。") + 1
    )
    const space = window.lastIndexOf(" ") + 1
    const end = at > LIMIT / 3 ? at : space > LIMIT / 3 ? space : safeEnd(rest, LIMIT)
    pieces.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end)
  }
  if (rest.trim() !== "") pieces.push(rest)
  return pieces
}

/** The passages of one text. A short text is one passage, exactly as it is. */
export const passagesOf = (text: string): ReadonlyArray<string> => {
  if (text.length <= TARGET) return text.trim() === "" ? [] : [text]
  const passages: Array<string> = []
  const trail: Array<{ readonly level: number; readonly line: string }> = []
  let parts: Array<string> = []
  let above: ReadonlyArray<string> = []
  let length = 0
  let bare = false
  const flush = () => {
    if (parts.length > 0) passages.push([...above, ...parts].join("\n\n"))
    parts = []
    length = 0
  }
  for (const block of blocksOf(text)) {
    const level = heading.exec(block)?.[1]?.length
    if (level !== undefined) {
      flush()
      // A heading with no text of its own, nor any below it, is a passage by itself.
      if (bare && (trail.at(-1)?.level ?? 0) >= level) passages.push(above.join("\n\n"))
      while (trail.length > 0 && (trail.at(-1)?.level ?? 0) >= level) trail.pop()
      trail.push({ level, line: block })
      above = trail.map(({ line }) => line)
      bare = true
      continue
    }
    bare = false
    for (const piece of split(block)) {
      if (length > 0 && length + piece.length > TARGET) flush()
      parts.push(piece)
      length += piece.length
    }
  }
  flush()
  if (bare) passages.push(above.join("\n\n"))
  return passages
}

/** The passages of a doc: each chunk its author made stands for itself, long ones are cut. */
export const passagesOfContent = (content: string | ReadonlyArray<string>): ReadonlyArray<string> =>
  (typeof content === "string" ? [content] : content).flatMap(passagesOf)
