import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { blocksOf, fenceOf, levelOf } from "../../../src/engine/text/Markdown.js"

/** The blocks of a text, read line by line. */
const byLines = (text: string): ReadonlyArray<string> => {
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
      if (line.trim() !== open) continue
      open = undefined
      flush()
    } else if (fenceOf(line) !== undefined) {
      open = fenceOf(line)
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

const breaks = ["\n", "\r\n", "\r", "\n\n", "\r\n\r\n"]
const marks = ["```", "~~~", "````", "~~~~~", "```js", "```a`b", "`", " ```", "#", "# ", "## head", "#x", "# a\u2028b"]
const others = [" ", "\t", "\u00a0", "\u2028", "\u000b", "word", "|a|b|", "字。", `# ${"long ".repeat(60)}`]

describe("blocksOf", () => {
  it("reads what a reader of lines reads", () => {
    const piece = fc.constantFrom(...breaks, ...breaks, ...marks, ...others)
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("")
        const blocks = [...blocksOf(text)]
        expect(blocks.map((block) => block.text)).toEqual(byLines(text))
        for (const { start, text: block } of blocks) {
          expect(text.slice(start).replace(/\r\n?/g, "\n").startsWith(block)).toBe(true)
        }
      }),
      { numRuns: 3000 }
    )
  })

  it("reads no further than it is asked to", () => {
    const text = `first\n\n${"second\n".repeat(10)}\n# third\n`
    const blocks = blocksOf(text)
    expect(blocks.next().value).toEqual({ text: "first", start: 0 })
    expect(blocks.next().value).toEqual({ text: "second\n".repeat(10).trimEnd(), start: 7 })
    expect(blocks.next().value).toEqual({ text: "# third", start: 7 + 71 })
    expect(blocks.next().done).toBe(true)
  })

  it("reads millions of lines in linear time", () => {
    // Quadratic time would be minutes.
    for (const line of ["a\n", "\n", "```\n", "~", "~`", "``` ", "#\n", " ", "# a"]) {
      const text = line.repeat(2_000_000)
      let length = 0
      for (const { text: block } of blocksOf(text)) length += block.length
      expect(length).toBeLessThanOrEqual(text.length)
    }
  })
})
