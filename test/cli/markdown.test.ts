import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { make } from "../../src/cli/chat/markdown.js"

const STYLES: Readonly<Record<string, string>> = { 1: "b", 2: "dim", 3: "i", 36: "code" }

/** Styles as tags. Neighbours of the same style are one. */
const tagged = (text: string) => {
  const parts = text.split("\u001b[").map((part, index) => (index === 0 ? ["", part] : part.split(/m(.*)/s)))
  return parts
    .map(([style = "", shown = ""]) => (STYLES[style] === undefined ? shown : `<${STYLES[style]}>${shown}</>`))
    .join("")
    .replace(/<\/><(\w+)>(?<=<\1>[^<]*<\/><\1>)/g, "")
}

const rendered = (pieces: ReadonlyArray<string>, colors = true) => {
  const renderer = make(colors)
  return pieces.map(renderer.push).join("") + renderer.end()
}

describe("Markdown in a terminal", () => {
  it.each([
    ["# Tea\nGreen.", "<b>Tea</>\nGreen."],
    ["- one\n  * two\n3. three", "• one\n  • two\n3. three"],
    ["> said", "<dim>│</> <dim>said</>"],
    ["a **b c** d `e*f` *g*.", "a <b>b c</> d <code>e*f</> <i>g</>."],
    ["2 * 3 ** 4 and a*b*c and snake_case", "2 * 3 ** 4 and a*b*c and snake_case"],
    ["**kwargs and `half\nnext", "**kwargs and `half\nnext"],
    ["```ts\n# no *heading*\n```\n**x**", "<dim>```ts</>\n<code># no *heading*</>\n<dim>```</>\n<b>x</>"],
    ["\n\n  indented\n", "\n\n  indented\n"],
    ["-", "-"],
    ["1.5 litres, -3 degrees, #1", "1.5 litres, -3 degrees, #1"]
  ])("%j", (text, expected) => {
    expect(tagged(rendered([text]))).toBe(expected)
    expect(tagged(rendered([...text]))).toBe(expected)
  })

  it("is the same in whatever pieces it comes, and loses no word", () => {
    const part = fc.constantFrom("*", "**", "`", "```", "#", " ", "\n", "- ", "1. ", ">", "word", "é", "x")
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const whole = rendered([parts.join("")])
        expect(tagged(rendered(parts))).toBe(tagged(whole))
        const words = (text: string) => text.match(/word|é/g) ?? []
        expect(words(whole)).toEqual(words(parts.join("")))
      }),
      { endOnFailure: true }
    )
  })

  it("takes time in proportion to its length, and does not wait long for the end of a span", () => {
    const hostile = ["**a ", "*a ", "`a``", "***"].map((part) => part.repeat(50_000))
    for (const text of hostile) expect(rendered([text]).split("a")).toHaveLength(text.split("a").length)
    const { push } = make(true)
    expect(push("`never closed")).toBe("")
    expect(push(" and on".repeat(50))).toMatch(/^`never closed and on/)
  })

  it("is written as it comes, word by word", () => {
    const { push } = make(true)
    expect(push("Green tea")).toBe("Green tea")
    expect(push(" takes **three")).toBe(" takes ")
    expect(tagged(push(" minutes** here"))).toBe("<b>three minutes</> here")
  })

  it("stays as it is where there are no colours, but for what controls the terminal", () => {
    expect(rendered(["# Tea **b** \u001b[31mred\r\n"], false)).toBe("# Tea **b** red\n")
    expect(rendered(["a\u001b[2Jb"])).toBe("ab")
  })
})
