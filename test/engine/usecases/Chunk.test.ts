import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { passagesOf, passagesOfContent } from "../../../src/engine/usecases/Chunk.js"

const TARGET = 900
const LIMIT = 1400
/** What a piece of code may come to with the fences around it. */
const CODE_LIMIT = 2400 + 300

const dense = (text: string) => text.replace(/\s+/g, "")
/** Fences are repeated around the pieces of a long piece of code, so they are not counted as text. */
const fence = /^\s{0,20}(`{3,}|~{3,})[^`\n]{0,99}$/
const unfenced = (text: string) =>
  dense(
    text
      .split(/\r\n|\r|\n/)
      .filter((line) => !fence.test(line))
      .join("")
  )
const lines = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, i) => line(i))
const wellFormed = (text: string) =>
  !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)

describe("passagesOf", () => {
  it("a short text is one passage, exactly as it is; an empty one is none", () => {
    for (const text of ["  # Title\r\n\n\tbody  ", "a".repeat(TARGET), "```\n"])
      expect(passagesOf(text)).toEqual([text])
    for (const text of ["", " \n\t "]) expect(passagesOf(text)).toEqual([])
  })

  it("each chunk of a list stands for itself", () => {
    const long = lines(60, (index) => `Paragraph ${index} of a long text.`).join("\n\n")
    expect(passagesOfContent(["b", "a", "b"])).toEqual(["b", "a", "b"])
    expect(passagesOfContent(["short", long])).toEqual(["short", ...passagesOf(long)])
    expect(passagesOfContent(long)).toEqual(passagesOf(long))
  })

  it("paragraphs stay whole and fill a passage", () => {
    const paragraphs = lines(40, (index) => `Paragraph ${index}: ${"word ".repeat(20)}end.`)
    const passages = passagesOf(paragraphs.join("\n\n"))
    expect(passages.flatMap((passage) => passage.split("\n\n"))).toEqual(paragraphs)
    for (const passage of passages.slice(0, -1)) expect(passage.length).toBeGreaterThan(TARGET / 2)
  })

  it("a passage begins with the headings it stands under", () => {
    const body = (name: string) => lines(12, (index) => `${name} ${index} ${"word ".repeat(20)}`).join("\n\n")
    const text = `# Book\n\n## One\n\n${body("one")}\n\n## Two\n\n${body("two")}\n\n# Annex\n\n${body("annex")}`
    for (const passage of passagesOf(text)) {
      const above = passage.includes("annex ") ? "# Annex" : `# Book\n\n## ${passage.includes("one ") ? "One" : "Two"}`
      expect(passage.startsWith(`${above}\n\n`)).toBe(true)
    }
  })

  it("a heading without text of its own is not lost", () => {
    const body = lines(30, (index) => `Paragraph ${index} ${"word ".repeat(10)}`).join("\n\n")
    for (const text of [`${body}\n\n# Zebra appendix`, `# Zebra appendix\n\n# Other\n\n${body}`]) {
      expect(passagesOf(text).some((passage) => passage.includes("Zebra appendix"))).toBe(true)
    }
  })

  it("code in fences is not read as headings, nor torn where it is short", () => {
    const code = "```sh\n# not a heading\n\nls\n```"
    const body = lines(30, (index) => `Paragraph ${index} ${"word ".repeat(10)}`).join("\n\n")
    const passages = passagesOf(`${body}\n\n${code}\n\n${body}`)
    expect(passages.filter((passage) => passage.includes("# not a heading"))).toHaveLength(1)
    expect(passages.some((passage) => passage.includes(code))).toBe(true)
  })

  it("code that is too long for a passage is cut between lines, and each piece is fenced", () => {
    const code = lines(400, (index) => `const value${index} = ${index}`)
    const pieces = passagesOf(`\`\`\`ts\n${code.join("\n")}\n\`\`\``)
    expect(pieces.length).toBeGreaterThan(2)
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(CODE_LIMIT)
      expect(piece).toMatch(/^```ts\n[^`]+\n```$/)
    }
    expect(pieces.flatMap((piece) => piece.split("\n").slice(1, -1))).toEqual(code)
  })

  it("a fence that is never closed still ends", () => {
    const text = `\`\`\`\n${"line of code\n".repeat(300)}`
    const passages = passagesOf(text)
    expect(unfenced(passages.join("\n"))).toBe(unfenced(text))
    for (const passage of passages) expect(passage).toMatch(/^```\n[^`]+\n```$/)
  })

  it("a short sentence that introduces code stays with it", () => {
    const body = lines(7, (index) => `Paragraph ${index} ${"word ".repeat(20)}`).join("\n\n")
    const code = `\`\`\`sh\n${"run it\n".repeat(50)}\`\`\``
    const passages = passagesOf(`${body}\n\nInstall it like this:\n\n${code}`)
    expect(passages.at(-1)).toBe(`Install it like this:\n\n${code}`)
  })

  it("a long block is cut at ends of sentences, else at spaces, else anywhere but inside a character", () => {
    const sentences = "This is a sentence of some length. ".repeat(100)
    for (const passage of passagesOf(sentences)) expect(passage.trim()).toMatch(/^This.*\.$/)
    for (const passage of passagesOf("word ".repeat(1000))) expect(passage.trim()).toMatch(/^(word )*word$/)
    const emoji = "😀".repeat(2000)
    expect(passagesOf(emoji).every(wellFormed)).toBe(true)
    expect(passagesOf(emoji).join("")).toBe(emoji)
  })

  it("no passage is longer than the limit, and no text is lost, torn or reordered", () => {
    const piece = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 300 }),
      fc.constantFrom("\n", "\n\n", "\r\n", ". ", "。", "\n```\n", "\n~~~\n", " "),
      fc.constantFrom("word ", "x", "😀", "字").map((unit) => unit.repeat(700))
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        // Without headings, which are repeated on purpose.
        const text = pieces.join("").replaceAll("#", "%")
        const passages = passagesOf(text)
        for (const passage of passages) {
          expect(passage.length).toBeLessThanOrEqual(/^\s*(```|~~~)/m.test(passage) ? CODE_LIMIT : LIMIT)
          expect(passage.trim()).not.toBe("")
        }
        expect(unfenced(passages.join("\n"))).toBe(unfenced(text))
        if (wellFormed(text)) expect(passages.every(wellFormed)).toBe(true)
      }),
      { numRuns: 300 }
    )
  })

  it("takes time in proportion to the text", () => {
    const time = (size: number) => {
      const text = "a".repeat(size)
      const start = performance.now()
      passagesOf(text)
      return performance.now() - start
    }
    time(100_000)
    // A hundred times the text at a cost far below a hundred squared.
    expect(time(10_000_000)).toBeLessThan(1000 * Math.max(1, time(100_000)))
  })

  it("a heading of nothing but white space and a letter is read at once", () => {
    const text = `# a${" ".repeat(100_000)}x\n\n${"word ".repeat(200)}`
    expect(passagesOf(text).join("")).toContain("word")
  })

  it("a line too long to stand above every passage is no heading, and not lost", () => {
    const line = `# ${"long ".repeat(100)}line`
    const passages = passagesOf(`${line}\n\n${Array.from({ length: 30 }, () => "word ".repeat(60)).join("\n\n")}`)
    expect(passages.length).toBeGreaterThan(5)
    expect(passages.filter((passage) => passage.includes("long long"))).toHaveLength(1)
  })
})
