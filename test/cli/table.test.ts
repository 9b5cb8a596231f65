import { describe, expect, it } from "vitest"
import { record, sanitizeForTerminal, table } from "../../src/cli/table.js"

describe("what people are shown", () => {
  it.each([
    ["a bell and a return", "a\u0007b\rc", "abc"],
    ["colours and titles of terminals", "\u001b[31mred\u001b[0m\u001b]0;title\u0007", "red"],
    ["controls of eight bits", "a\u009b31mb\u0085c", "abc"],
    ["text that turns the direction", "a\u202eb\u2066c", "abc"],
    ["lines and tabs as they are", "a\nb\tc", "a\nb\tc"],
    ["nothing", undefined, ""],
    ["a time to the second", new Date(1_769_860_800_123), "2026-01-31T12:00:00Z"],
    ["JSON", { a: [1] }, '{"a":[1]}']
  ])("has %s", (_what, value, expected) => {
    expect(sanitizeForTerminal(value)).toBe(expected)
  })

  it("is a line for each member, and a block for a text of several", () => {
    expect(record({ id: 1, about: "a\nb", user: null, name: "Ada" })).toBe("id:    1\nabout:\n  a\n  b\nname:  Ada")
  })

  it("fits the terminal by cutting what may be cut, the widest first", () => {
    const item = { id: "0123456789", name: "n".repeat(20), about: "about".repeat(20) }
    const columns = [
      { name: "id", value: ({ id }: typeof item) => id },
      { name: "name", value: ({ name }: typeof item) => name, cut: true },
      { name: "about", value: ({ about }: typeof item) => about, cut: true }
    ]
    for (const width of [60, 40, 30]) {
      const { header, line } = table(columns, [item], width)
      expect(line(item)).toHaveLength(width)
      expect(line(item)).toContain(item.id)
      expect(header.length).toBeLessThanOrEqual(width)
    }
    expect(table(columns, [item], 60).line(item)).toContain(item.name)
    const extra = [...columns, { name: "more", value: () => "m".repeat(10), extra: true }]
    expect(table(extra, [item], 42).header).toMatch(/^ID +NAME +ABOUT +MORE$/)
    expect(table(extra, [item], 41).header).toMatch(/^ID +NAME +ABOUT$/)
    // Too narrow for the least of each column.
    expect(table(columns, [item], 10).line(item)).toBe("0123456789  nnnnnnn…  aboutab…")
    expect(table(columns, [item], undefined).line(item)).toContain(item.about)
    const later = { ...item, name: "\u{1f375}".repeat(30) }
    expect([...table(columns, [item], 40).line(later)].length).toBeLessThan(40)
  })
})
