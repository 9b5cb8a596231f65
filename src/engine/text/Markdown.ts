/** Markdown, read in blocks. */

const fence = /^\s{0,20}(`{3,}|~{3,})[^`\n]{0,99}(?:\n|$)/
/** The mark of the code fence that a block or a line opens with. */
export const fenceOf = (block: string): string | undefined => fence.exec(block)?.[1]

const heading = /^(#{1,6})\s+\S/
/** The longest heading, in characters. Each passage repeats the headings above it, so a longer line counts as text. */
const MAX_HEADING = 200
/** The level of a heading, 1 to 6; `undefined` for any other block. */
export const levelOf = (block: string): number | undefined =>
  block.length > MAX_HEADING ? undefined : heading.exec(block)?.[1]?.length

/** The blocks of a text in order, none of them blank: a heading, code in its fences, or the lines up to a blank one. */
export const blocksOf = (text: string): ReadonlyArray<string> => {
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
