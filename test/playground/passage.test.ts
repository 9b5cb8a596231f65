/** Where the playground finds a passage in its doc. */
import { describe, expect, it } from "@effect/vitest"
import { passageIn } from "../../playground/src/panels/source/passage.js"
import { passagePartsOf, passagesOf } from "../../src/engine/text/Passages.js"

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n")

const docs: ReadonlyArray<readonly [what: string, doc: string]> = [
  ["a short text", "# Title\n\nSome words."],
  ["prose below headings", `# One\n\n\n## Two\n\n${lines(40, (index) => `Paragraph ${index} of some length.\n\n`)}`],
  ["a table", `# Cities\n\n| City | Size |\n| --- | --- |\n${lines(200, (index) => `| City ${index} | ${index} |`)}`],
  ["code", `# Code\n\n\`\`\`ts\n${lines(300, (index) => `const [value${index}] = $(${index}) // ?`)}\n\`\`\``]
]

describe("the part of a doc that is a passage of it", () => {
  for (const [what, doc] of docs) {
    for (const newline of ["\n", "\r\n"]) {
      it(`has all lines that the passage does not repeat: ${what}, ${newline.length} characters a line break`, () => {
        const text = doc.replaceAll("\n", newline)
        const parts = [...passagePartsOf(text)]
        const passages = [...passagesOf(text)]
        expect(passages).toHaveLength(parts.length)
        for (const [index, passage] of passages.entries()) {
          const found = passageIn(text, passage)
          expect(text).toContain(found)
          const own = (parts[index]?.text ?? "").split(/\s*\n\s*/).filter((line) => !line.startsWith("```"))
          const last = own.at(-1) ?? "none"
          expect(found).toContain(own[0])
          expect(found.replace(/\s+(```)?$/, "").endsWith(last.trim())).toBe(true)
        }
      })
    }
  }

  it("is nothing of another text", () => {
    expect(passageIn("Some words.", "# Other\n\nText.")).toBe("")
    expect(passageIn("Some words.", "")).toBe("")
  })
})
