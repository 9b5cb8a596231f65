import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Passages from "../../../src/engine/text/Passages.js"

const passagePartsOf = (text: string) => [...Passages.passagePartsOf(text)]
const passagesOf = (text: string) => [...Passages.passagesOf(text)]
const passagesOfContent = (content: string | ReadonlyArray<string>) => [...Passages.passagesOfContent(content)]

const TARGET = 900
const LIMIT = 1400
/** The greatest length of a piece of code with its fences. */
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
/** The passages without their overlaps. */
const ownTexts = (text: string) =>
  passagePartsOf(text).map(({ header, heading, text }) =>
    [heading, header === "" ? text : `${header}\n${text}`].filter((part) => part !== "").join("\n\n")
  )
const wellFormed = (text: string) =>
  !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)

describe("passagesOf", () => {
  it("a short text is one passage, exactly as it is; an empty one is none", () => {
    for (const text of ["  # Title\r\n\n\tbody  ", "a".repeat(TARGET), "```\n"]) expect(ownTexts(text)).toEqual([text])
    for (const text of ["", " \n\t "]) expect(ownTexts(text)).toEqual([])
  })

  it("each chunk of a list is a passage of its own", () => {
    const long = lines(60, (index) => `Paragraph ${index} of a long text.`).join("\n\n")
    expect(passagesOfContent(["b", "a", "b"])).toEqual(["b", "a", "b"])
    expect(passagesOfContent(["short", long])).toEqual(["short", ...passagesOf(long)])
    expect(passagesOfContent(long)).toEqual(passagesOf(long))
  })

  it("paragraphs stay whole and fill a passage", () => {
    const paragraphs = lines(40, (index) => `Paragraph ${index}: ${"word ".repeat(20)}end.`)
    const passages = ownTexts(paragraphs.join("\n\n"))
    expect(passages.flatMap((passage) => passage.split("\n\n"))).toEqual(paragraphs)
    for (const passage of passages.slice(0, -1)) expect(passage.length).toBeGreaterThan(TARGET / 2)
  })

  it("a passage begins with the headings above it", () => {
    const body = (name: string) => lines(12, (index) => `${name} ${index} ${"word ".repeat(20)}`).join("\n\n")
    const text = `# Book\n\n## One\n\n${body("one")}\n\n## Two\n\n${body("two")}\n\n# Annex\n\n${body("annex")}`
    for (const passage of ownTexts(text)) {
      const above = passage.includes("annex ") ? "# Annex" : `# Book\n\n## ${passage.includes("one ") ? "One" : "Two"}`
      expect(passage.startsWith(`${above}\n\n`)).toBe(true)
    }
  })

  it("a passage begins with the end of the one before it, by whole sentences where they are short", () => {
    const sentence = (index: number) => `Sentence ${index} is of some length and ends here.`
    const text = lines(80, sentence).join(" ")
    const [first, second, third] = passagePartsOf(text)
    expect(first?.overlap).toBe("")
    expect(second?.overlap.length).toBeGreaterThan(40)
    expect(second?.overlap).toMatch(/^(Sentence \d+ is of some length and ends here\. ?)+$/)
    expect(first?.text.endsWith(second?.overlap ?? "?")).toBe(true)
    expect(second?.text.endsWith(third?.overlap ?? "?")).toBe(true)
    expect(passagesOf(text)[1]).toBe(`${second?.overlap}\n\n${second?.text}`)
  })

  it("the end of a passage is repeated after the headings of the next, and never under others", () => {
    const body = (name: string) => lines(12, (index) => `${name} ${index} ${"word ".repeat(20)}`.trim()).join("\n\n")
    const text = `# One\n\n${body("one")}\n\n# Other\n\n${body("other")}`
    const [one, more, other] = passagePartsOf(text)
    expect(one?.text.endsWith(more?.overlap || "?")).toBe(true)
    expect(passagesOf(text)[1]?.startsWith(`# One\n\n${more?.overlap}\n\none `)).toBe(true)
    expect(other).toMatchObject({ heading: "# Other", overlap: "" })
  })

  it("parts of code are not repeated", () => {
    const example = `Example:\n\`\`\`js\n${lines(20, (index) => `const value${index} = ${index}`).join("\n")}\n\`\`\``
    const prose = lines(6, () => "word ".repeat(20)).join("\n\n")
    for (const { overlap } of passagePartsOf(`${prose}\n\n${example}\n\n${prose}`))
      expect(overlap).not.toMatch(/`|const/)
    const code = `\`\`\`ts\n${lines(400, (index) => `const value${index} = ${index}`).join("\n")}\n\`\`\``
    expect(
      passagePartsOf(`${code}\n\n${"word ".repeat(250)}`)
        .slice(0, -1)
        .every(({ overlap }) => overlap === "")
    ).toBe(true)
  })

  it("a heading without text of its own is not lost", () => {
    const body = lines(30, (index) => `Paragraph ${index} ${"word ".repeat(10)}`).join("\n\n")
    for (const text of [`${body}\n\n# Zebra appendix`, `# Zebra appendix\n\n# Other\n\n${body}`]) {
      expect(ownTexts(text).some((passage) => passage.includes("Zebra appendix"))).toBe(true)
    }
  })

  it("code in fences is not read as headings, and short code is not cut", () => {
    const code = "```sh\n# not a heading\n\nls\n```"
    const body = lines(30, (index) => `Paragraph ${index} ${"word ".repeat(10)}`).join("\n\n")
    const passages = ownTexts(`${body}\n\n${code}\n\n${body}`)
    expect(passages.filter((passage) => passage.includes("# not a heading"))).toHaveLength(1)
    expect(passages.some((passage) => passage.includes(code))).toBe(true)
  })

  it("code that is too long for a passage is cut between lines, and each piece is fenced", () => {
    const code = lines(400, (index) => `const value${index} = ${index}`)
    const pieces = ownTexts(`\`\`\`ts\n${code.join("\n")}\n\`\`\``)
    expect(pieces.length).toBeGreaterThan(2)
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(CODE_LIMIT)
      expect(piece).toMatch(/^```ts\n[^`]+\n```$/)
    }
    expect(pieces.flatMap((piece) => piece.split("\n").slice(1, -1))).toEqual(code)
  })

  it("a fence that is never closed still ends", () => {
    const text = `\`\`\`\n${"line of code\n".repeat(300)}`
    const passages = ownTexts(text)
    expect(unfenced(passages.join("\n"))).toBe(unfenced(text))
    for (const passage of passages) expect(passage).toMatch(/^```\n[^`]+\n```$/)
  })

  it("a short sentence that introduces code stays with it", () => {
    const body = lines(7, (index) => `Paragraph ${index} ${"word ".repeat(20)}`).join("\n\n")
    const code = `\`\`\`sh\n${"run it\n".repeat(50)}\`\`\``
    const passages = ownTexts(`${body}\n\nInstall it like this:\n\n${code}`)
    expect(passages.at(-1)).toBe(`Install it like this:\n\n${code}`)
  })

  it("a long block is cut at ends of sentences, else at spaces, else anywhere but inside a character", () => {
    const sentences = "This is a sentence of some length. ".repeat(100)
    for (const passage of ownTexts(sentences)) expect(passage.trim()).toMatch(/^This.*\.$/)
    for (const passage of ownTexts("word ".repeat(1000))) expect(passage.trim()).toMatch(/^(word )*word$/)
    const emoji = "😀".repeat(2000)
    expect(ownTexts(emoji).every(wellFormed)).toBe(true)
    expect(ownTexts(emoji).join("")).toBe(emoji)
  })

  it("no passage exceeds the limit, and no text is lost, damaged or reordered", () => {
    const piece = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 300 }),
      fc.constantFrom("\n", "\n\n", "\r\n", ". ", "。", "\n```\n", "\n~~~\n", " "),
      fc.constantFrom("word ", "x", "😀", "字").map((unit) => unit.repeat(700))
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        // Without headings, which are repeated on purpose.
        const text = pieces.join("").replaceAll("#", "%")
        const passages = ownTexts(text)
        for (const passage of passages) {
          expect(passage.length).toBeLessThanOrEqual(/^\s*(```|~~~)/m.test(passage) ? CODE_LIMIT : LIMIT)
          expect(passage.trim()).not.toBe("")
        }
        expect(unfenced(passages.join("\n"))).toBe(unfenced(text))
        if (wellFormed(text)) expect(passagesOf(text).every(wellFormed)).toBe(true)
        let before = ""
        for (const { overlap, text } of passagePartsOf(pieces.join(""))) {
          expect(overlap.length).toBeLessThanOrEqual(101)
          expect(before.trimEnd().endsWith(overlap)).toBe(true)
          before = text
        }
      }),
      { numRuns: 300 }
    )
  })

  it("a text of millions of letters without a space is cut in linear time", () => {
    // Quadratic time would be minutes.
    const text = "a".repeat(10_000_000)
    expect(ownTexts(text).join("")).toBe(text)
  })

  it("a heading with a long run of white space is read in linear time", () => {
    const text = `# a${" ".repeat(100_000)}x\n\n${"word ".repeat(200)}`
    expect(ownTexts(text).join("")).toContain("word")
  })

  it("a line too long for a heading is text, and not lost", () => {
    const line = `# ${"long ".repeat(100)}line`
    const passages = ownTexts(`${line}\n\n${Array.from({ length: 30 }, () => "word ".repeat(60)).join("\n\n")}`)
    expect(passages.length).toBeGreaterThan(5)
    expect(passages.filter((passage) => passage.includes("long long"))).toHaveLength(1)
  })
})

describe("a text of any shape", () => {
  const SIZE = 300_000
  const filled = (piece: string) => piece.repeat(Math.ceil(SIZE / piece.length)).slice(0, SIZE)
  const shapes: ReadonlyArray<readonly [what: string, text: string]> = [
    ["bare headings", filled("# h\n")],
    ["sections of a letter", filled("# h\na\n")],
    [
      "deep headings over short sections",
      [1, 2, 3, 4, 5].map((level) => `${"#".repeat(level)} ${"w".repeat(180)}\n`).join("") + filled("###### a\nb\n")
    ],
    ["fences", filled("```\n")],
    ["fences of a line", filled("```\na\n```\n")],
    ["paragraphs of a letter", filled("a\n\n")],
    ["one line", filled("a")],
    ["one word", filled("a ")],
    ["white space", filled(" ")],
    ["line breaks", filled("\n")],
    ["rows of a letter", `|a|\n|-|\n${filled("|b|\n")}`],
    ["rows of a letter below a long header", `|${"h".repeat(450)}|\n|-|\n${filled("b\n")}`],
    [
      "rows a little longer than half a passage below deep headings and a long header",
      [1, 2, 3, 4, 5, 6].map((level) => `${"#".repeat(level)} ${"w".repeat(180)}\n`).join("") +
        `|${"h".repeat(450)}|\n|-|\n${filled(`|${"b".repeat(710)}|\n`)}`
    ],
    [
      "rows longer than a passage below a long header",
      `|${"h".repeat(450)}|\n|-|\n${filled(`|${"b".repeat(1410)}|\n`)}`
    ],
    ["a table of many columns", ["a|", "-|", "b|", "c|"].map((cell) => `|${cell.repeat(20_000)}\n`).join("")],
    ["a header of a megabyte", `|${"h".repeat(1_000_000)}|\n|-|\n${filled("|b|\n")}`],
    ["tables of two rows", filled("|a|\n|-|\n|b|\n\n")],
    ["delimiter rows", filled("|-|\n")],
    ["stops", filled(".")],
    ["wide stops", filled("。")],
    ["surrogates", filled("😀")]
  ]
  for (const [what, text] of shapes) {
    it(`has few passages, and little more text: ${what}`, () => {
      const passages = passagesOf(text)
      // After 5,000 divisions, the rest is cut by length.
      expect(passages.length).toBeLessThanOrEqual(5001 + text.length / 300)
      expect(passages.reduce((sum, passage) => sum + passage.length, 0)).toBeLessThanOrEqual(20_000 + 6 * text.length)
    })
  }

  it("is divided as its author did at first, and by length after that", () => {
    const passages = passagesOf(filled("# head\nline\n\n"))
    expect(passages.slice(0, 5000)).toEqual(lines(5000, () => "# head\n\nline"))
    expect(passages.length).toBeLessThan(5500)
    expect(dense(passages.join(""))).toBe(dense(filled("# head\nline\n\n")))
  })

  it("has few passages where its chunks are many", () => {
    const passages = passagesOfContent(Array.from({ length: SIZE }, () => "ab"))
    expect(passages.length).toBeLessThanOrEqual(5001)
    expect(dense(passages.join(""))).toBe("ab".repeat(SIZE))
  })

  it("keeps the divisions of a long glossary", () => {
    const glossary = lines(3000, (index) => `## Term ${index}\n\nIt means ${index}.`).join("\n\n")
    expect(passagesOf(glossary)).toHaveLength(3000)
  })
})
