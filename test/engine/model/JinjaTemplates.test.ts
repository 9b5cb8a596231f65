import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { renderer } from "../../../src/engine/model/JinjaTemplates.js"
import type { JsonObject } from "../../../src/schema/Field.js"

const render = (source: string, variables: JsonObject = {}) => Either.merge(renderer(variables)(source))

const SPENT = "the templates of the prompt take more than 50000 steps"

const loops = (depth: number, body: string) =>
  Array.from({ length: depth }, (_, index) => `{% for v${index} in range(100) %}`).join("") +
  body +
  "{% endfor %}".repeat(depth)

/** Sets a variable again and again to an expression of it. */
const grown = (first: string, next: string, last: string) =>
  `{% set ns = namespace(v=${first}) %}{% for i in range(60) %}{% set ns.v = ${next} %}{% endfor %}${last}`

describe("a template's budget", () => {
  const hostile: ReadonlyArray<readonly [what: string, source: string]> = [
    ["nested loops", loops(4, "x")],
    ["nested loops without a body", loops(6, "")],
    ["nested loops with a condition", "{% for a in range(100) if a > 200 %}{% endfor %}".repeat(10_000)],
    [
      "a recursive macro",
      "{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}"
    ],
    ["a text that doubles", grown("'ab'", "ns.v ~ ns.v", "")],
    ["a list that doubles", grown("[1]", "ns.v + ns.v", "")],
    ["a list of itself twice", grown("[1]", "[ns.v, ns.v]", "{{ ns.v|tojson }}")],
    ["a mapping of itself twice", grown("{'a': 1}", "{'a': ns.v, 'b': ns.v}", "{{ ns.v|tojson }}")],
    ["replacements of a text by itself", grown("'ab'", "ns.v.replace('a', ns.v)", "")],
    ["characters of a long text", `{% set s = '${"a".repeat(100_000)}' %}${loops(2, "{{ s[0] }}")}`]
  ]
  for (const [what, source] of hostile) {
    it(`ends ${what}`, () => {
      expect(render(source)).toContain(SPENT)
    })
  }

  it("ends loops over what variables hold", () => {
    const list = Array.from({ length: 5000 }, (_, index) => index)
    const source = "{% for a in session.list %}{% for b in session.list %}{% endfor %}{% endfor %}"
    expect(render(source, { session: { list } })).toContain(SPENT)
  })

  it("is of all templates of a prompt together", () => {
    const rendered = renderer({})
    const source = loops(2, "x")
    const results = Array.from({ length: 4 }, () => rendered(source))
    expect(results[0]).toEqual(Either.right("x".repeat(10_000)))
    expect(results.at(-1)).toEqual(Either.left(expect.stringContaining(SPENT)))
  })

  it("is enough for long texts and for what people write", () => {
    const metadata = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key${index}`, index]))
    const source = `${"Be brief. ".repeat(20_000)}{% for i in range(100) %}{{ session.metadata.key7 }}{% endfor %}`
    expect(render(source, { session: { metadata } })).toBe(`${"Be brief. ".repeat(20_000)}${"7".repeat(100)}`)
  })

  it("leaves what a template sets to that template", () => {
    const rendered = renderer({ user: "Sam" })
    expect(rendered("{% set user = 'Eve' %}{{ user }}")).toEqual(Either.right("Eve"))
    expect(rendered("{{ user }}")).toEqual(Either.right("Sam"))
  })

  it("allows a namespace that contains itself", () => {
    expect(render("{% set ns = namespace(a=1) %}{% set ns.b = ns %}{{ ns.a }}")).toBe("1")
  })
})
