import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import * as Passages from "../../../src/engine/text/Passages.js"

const passagePartsOf = (text: string) => [...Passages.passagePartsOf(text)]
const lines = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, i) => line(i))
const LIMIT = 1400
const third = LIMIT / 3

/** A text whose only long block is a table, and its passages that have rows of it. */
const cutTable = (header: ReadonlyArray<string>, rows: ReadonlyArray<string>, before = "", after = "") => {
  const parts = passagePartsOf([before, ...header, ...rows, after].join("\n"))
  return parts.filter(({ text }) => text.split("\n").some((line) => rows.includes(line)))
}

const header = ["| City | Population |", "| :--- | ---: |"]
const rows = lines(200, (index) => `| City number ${index} | ${index * 1000} people. Counted; twice. |`)

/** Headers with their delimiter rows. */
const headers: ReadonlyArray<readonly [what: string, header: ReadonlyArray<string>]> = [
  ["with pipes around", header],
  ["without leading pipes", ["City | Population", "--- | ---"]],
  ["without closing pipes", ["| City | Population", "| --- | ---"]],
  ["of one column", ["| City |", "|-|"]],
  ["with alignment", ["City|Population|Area", ":-|:-:|-:"]],
  ["with escaped pipes", ["| City \\| town | Population |", "| --- | --- |"]],
  ["that is indented", ["   | City | Population |", "   |---|---|"]],
  ["with white space", ["|City|Population| \t", "| \t --- |  ---  | "]],
  ["of tabs", ["City\tPopulation"]],
  ["of commas", ['"City, town",Population,Area']],
  ["of semicolons", ["City;Population;Area"]]
]
/** A row for each of the last three. */
const valuesUnder = ([name = ""]: ReadonlyArray<string>, index: number) =>
  name.includes("\t")
    ? `City number ${index}\t${index} people are in it`
    : name.includes(";")
      ? `City number ${index};"many; many";-${index}.5`
      : `City number ${index},${index},"12, or more"`

describe("a table that is too long for a passage", () => {
  for (const [what, header] of headers) {
    it(`is cut between rows, and each part has its header: one ${what}`, () => {
      const under = header.length === 1 ? lines(200, (index) => valuesUnder(header, index)) : rows
      const parts = cutTable(header, under)
      expect(parts.length).toBeGreaterThan(4)
      expect(parts.flatMap(({ text }) => text.split("\n"))).toEqual(under)
      for (const part of parts) {
        expect(part).toMatchObject({ header: header.join("\n"), overlap: "", heading: "" })
        expect(part.text.length).toBeLessThanOrEqual(LIMIT)
      }
      const passages = [...Passages.passagesOf([...header, ...under].join("\n"))]
      expect(passages).toEqual(parts.map(({ text }) => `${header.join("\n")}\n${text}`))
    })
  }

  const notTables: ReadonlyArray<readonly [what: string, header: ReadonlyArray<string>, row?: string]> = [
    ["a delimiter row of other columns", ["| City | Population | Area |", "| --- | --- |"]],
    ["a rule below a line", ["City", "---"]],
    ["no delimiter row", ["| City | Population |"]],
    ["pipes in code", ["```", ...header]],
    ["pipes in code below a line", ["Example:", "```", ...header]],
    ["lines of other numbers of commas", ["City, population, area"], "Said by one, 3, or two, or 4, as you like"],
    ["sentences with commas", ["Hens, ducks, geese"], "We sold eggs, milk, and flour all day."],
    ["values without a header", ["Oslo,3,4"], "Lima,3,4"]
  ]
  for (const [what, header, row] of notTables) {
    it(`needs a header: ${what}`, () => {
      const under = row === undefined ? rows : lines(200, () => row)
      const parts = cutTable(header, under)
      expect(parts.length).toBeGreaterThan(1)
      for (const part of parts) expect(part.header).toBe("")
    })
  }

  it("has its headings, and the lines before it in its first part", () => {
    const parts = cutTable(header, rows, "# Cities\n\n## Europe\n\nThe cities of a continent:")
    expect(parts.length).toBeGreaterThan(4)
    expect(parts.map(({ heading }) => heading)).toEqual(parts.map(() => "# Cities\n\n## Europe"))
    expect(parts.map(({ header }) => header)).toEqual([
      `The cities of a continent:\n${header.join("\n")}`,
      ...parts.slice(1).map(() => header.join("\n"))
    ])
  })

  it("follows long lines before it, which are cut as text is", () => {
    const before = "This is a sentence of some length. ".repeat(60).trim()
    const parts = passagePartsOf([before, ...header, ...rows].join("\n"))
    const prose = parts.filter(({ text }) => text.includes("sentence"))
    expect(prose.length).toBeGreaterThan(1)
    for (const { header, text } of prose) {
      expect(header).toBe("")
      expect(text).not.toContain("|")
    }
    expect(parts.slice(prose.length).map((part) => part.header)).toEqual(
      parts.slice(prose.length).map(() => header.join("\n"))
    )
  })

  it("ends before code, which has no header", () => {
    const code = `\`\`\`sh\n${"a | b\n".repeat(900)}\`\`\``
    const parts = passagePartsOf([...header, ...rows, code].join("\n"))
    const coded = parts.filter(({ text }) => text.startsWith("```sh\n"))
    expect(coded.length).toBeGreaterThan(2)
    for (const part of coded) expect(part).toMatchObject({ header: "", overlap: "" })
    const own = parts.slice(0, -coded.length)
    expect(own.flatMap(({ text }) => text.split("\n"))).toEqual(rows)
  })

  it("is followed by text that has neither its header nor its rows", () => {
    const paragraphs = lines(10, (index) => `Paragraph ${index}: ${"word ".repeat(60)}end.`)
    const parts = passagePartsOf([...header, ...rows, "", paragraphs.join("\n\n")].join("\n"))
    const after = parts.filter(({ text }) => text.startsWith("Paragraph"))
    expect(after.length).toBeGreaterThan(2)
    for (const { header, overlap } of after) expect(`${header}${overlap}`).not.toContain("|")
  })

  it("does not repeat a header of more than a third of a passage, and its rows stay whole", () => {
    const long = [`| City | ${"Population ".repeat(50)}|`, "|-|-|"]
    const parts = passagePartsOf([...long, ...rows].join("\n"))
    expect(parts.flatMap(({ text }) => text.split("\n"))).toEqual([...long, ...rows])
    for (const part of parts) expect(part).toMatchObject({ header: "", overlap: "" })
  })

  it("has a row that is longer than a passage in parts, each with the header", () => {
    const long = `| City | ${"This is a sentence of some length. ".repeat(100)}|`
    const parts = passagePartsOf([...header, rows[0], long, ...rows.slice(1)].join("\n"))
    expect(parts.map((part) => part.header)).toEqual(parts.map(() => header.join("\n")))
    const cut = parts.filter(({ text }) => text.includes("sentence"))
    expect(cut.map(({ text }) => text).join(" ")).toBe(long)
  })

  it("stays as it is if it fits", () => {
    const short = [...header, ...rows.slice(0, 15)].join("\n")
    const prose = "word ".repeat(150).trim()
    expect(passagePartsOf(`${prose}\n\n${short}\n\n${prose}`).map(({ header, text }) => [header, text])).toEqual([
      ["", prose],
      ["", short],
      ["", prose]
    ])
    expect(passagePartsOf(`${prose}\n\n${short}\n\n${prose}`)[2]?.overlap).toBe("")
  })

  it("loses no row, cuts none that fits, and each has the header, whatever the table looks like", () => {
    const cell = fc.oneof(
      fc.constantFrom("", "word", "a \\| b", "One. Two; three.", "字。字", "😀", "`a` ", "-", ":-:", "- - -"),
      fc.constantFrom("word ", "x", "Stop. ", "字").chain((unit) => fc.nat(400).map((times) => unit.repeat(times)))
    )
    const table = fc
      .record({
        columns: fc.integer({ min: 2, max: 5 }),
        open: fc.constantFrom("| ", "|", "", "  | "),
        close: fc.constantFrom(" |", "|", " | "),
        delimiter: fc.constantFrom("---", ":-", "-:", ":---:"),
        newline: fc.constantFrom("\n", "\r\n", "\r"),
        width: fc.nat(160),
        before: fc.constantFrom("", "Before it.\n", "# Head\n", `${"Words before it. ".repeat(60)}\n\n`),
        after: fc.constantFrom("", "\n\nAfter it.", "\n```\ncode\n```")
      })
      .chain((shape) =>
        fc.record({
          shape: fc.constant(shape),
          cells: fc.array(fc.array(cell, { minLength: shape.columns, maxLength: shape.columns }), { maxLength: 60 })
        })
      )
    let cutTables = 0
    fc.assert(
      fc.property(table, ({ cells, shape }) => {
        const { after, before, close, columns, delimiter, newline, open, width } = shape
        const rowOf = (cells: ReadonlyArray<string>) => `${open}${cells.join(" | ")}${close}`
        const own = cells.map((cells, index) => rowOf([`row ${index}`, ...cells.slice(1)]))
        const top = [rowOf(lines(columns, () => "h".repeat(width))), rowOf(lines(columns, () => delimiter))]
        const header = top.join("\n")
        const text = `${before}${[...top, ...own].join("\n")}${after}`.replaceAll("\n", newline)
        const parts = passagePartsOf(text)
        const isCut = header.length + 1 + own.join("\n").length > LIMIT && own.length > 0 && width > 0
        for (const part of parts) {
          if (text.length > 900) expect(part.text.length).toBeLessThanOrEqual(LIMIT)
          expect(part.header.length).toBeLessThanOrEqual(2 * third + 2)
        }
        if (!isCut) return
        cutTables++
        const all = parts.flatMap(({ text }) => text.split(/\r\n?|\n/))
        for (const row of own) {
          if (row.length <= LIMIT) expect(all.filter((line) => line.trimEnd() === row.trimEnd())).toHaveLength(1)
        }
        const dense = (text: string) => text.replace(/\s+/g, "")
        const repeated = header.length <= third
        const [first] = parts.filter((part) => part.header !== "")
        expect(first !== undefined).toBe(repeated)
        const seen = dense(parts.map((part) => (part === first ? `${part.header}${part.text}` : part.text)).join(""))
        const heading = before.startsWith("#") ? before : ""
        expect(dense(heading) + seen).toBe(dense(text))
        for (const part of parts) {
          if (part.text.split("\n").some((line) => own.includes(line))) {
            if (repeated) expect(part.header.endsWith(header)).toBe(true)
            expect(part === first || part.header === "" || part.header === header).toBe(true)
            expect(part.overlap).not.toContain("|")
          }
        }
      }),
      { numRuns: 200, endOnFailure: true }
    )
    expect(cutTables).toBeGreaterThan(50)
  })

  it("is found and cut in linear time", () => {
    // Quadratic time would be minutes.
    for (const top of ["|h|\n|-|\n", "a,b,c\n"]) {
      for (const line of ["|a|\n", "|-|-|\n|-|\n", "a,b,1\n", "\t1\n", `|${"a".repeat(2000)}|\n`]) {
        const text = top + line.repeat(Math.ceil(1_000_000 / line.length))
        let length = 0
        for (const part of Passages.passagePartsOf(text)) length += part.text.length
        expect(length).toBeGreaterThan(0.9 * text.length)
      }
    }
  })
})
