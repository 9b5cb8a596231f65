import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { renderer } from "../../../src/engine/model/JinjaTemplates.js"
import type { JsonObject } from "../../../src/schema/Field.js"

const render = (source: string, variables: JsonObject = {}) => Either.merge(renderer(variables)(source))

const SPENT = "the templates of the prompt take more than 20000 steps"

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

  const big = `{% set s = 'a'.replace('a', '${"ab".repeat(50_000)}') %}`
  const greedy: ReadonlyArray<readonly [what: string, source: string]> = [
    ["a replacement of each character by the text", `${big}{{ s.replace('a', s)|length }}`],
    ["the same as a filter", `${big}{{ (s|replace('a', s))|length }}`],
    ["the same by key", `${big}{{ s['repl' ~ 'ace']('a', s)|length }}`],
    ["the same through a variable", `${big}{% set f = s.replace %}{{ f('a', s)|length }}`],
    ["the same through a macro", `${big}{% macro m(f) %}{{ f('a', s) }}{% endmacro %}{{ m(s.replace) }}`],
    ["the same as a block", `${big}{% filter replace('a', s) %}{{ s }}{% endfilter %}`],
    ["the same with unpacked arguments", `${big}{{ s.replace(*['a', s])|length }}`],
    ["a replacement of nothing", `${big}{{ s.replace('', s)|length }}`],
    ["a long separator", `${big}{{ s|join(s)|length }}`],
    ["a long separator of a list", `${big}{{ range(100)|join(separator=s)|length }}{{ [range(100)|join(s)]|length }}`],
    ["an indent", "{{ 'a\\nb'|indent(1000000000)|length }}"],
    ["an indent by name", "{{ 'a\\nb'|indent(width=1000000000)|length }}"],
    ["the indent of JSON", "{{ [[1]]|tojson(indent=1000000000)|length }}"],
    ["the separators of JSON", `${big}{{ range(100)|tojson(separators=[s, s])|length }}`],
    ["a long text in pieces", `${big}{{ s.split('a')|length }}`],
    ["a long text in words", `{{ '${"a ".repeat(100_000)}'.split()|length }}`],
    ["a long path of an attribute", `${big}{% set ns = namespace() %}{{ [ns, ns]|map(attribute=s)|list|length }}`],
    ["a search of a long text in another", `${big}{{ (s ~ 'b' ~ s) in (s ~ s ~ s ~ s) }}`],
    ["a replacement of a long text", `${big}{{ (s ~ s ~ s).replace(s ~ 'b' ~ s, '') }}`],
    ["long runs of spaces", `${" ".repeat(20_000)}a`],
    ["long runs of line breaks in a comment", `{# ${"\n".repeat(20_000)} #}`],
    ["many tags", "{{a}}".repeat(50_000)],
    ["one long tag", `{{ '}}' ~ [${"1,".repeat(100_000)}] }}`],
    ["one long tag with mappings", `{{ {'a': {}} and [${"1,".repeat(100_000)}] }}`]
  ]
  for (const [what, source] of greedy) {
    it(`refuses ${what} before it is built`, () => {
      expect(render(source)).toContain(SPENT)
    })
  }

  it("leaves the results of filters and methods as they are", () => {
    const s = "a b\nc a"
    expect(
      render("{{ s.replace('a', 'xy') }}|{{ s|replace('a', 'xy', 1) }}|{{ s.replace('a', 'x', count=1) }}", { s })
    ).toBe("xy b\nc xy|xy b\nc a|x b\nc a")
    expect(render("{{ s.split()|join('-') }}|{{ s.split(' ', 1)|length }}|{{ 'abc'|join(',') }}", { s })).toBe(
      "a-b-c-a|2|a,b,c"
    )
    expect(render("{{ s|indent }}|{{ s|indent(2, first=true) }}", { s })).toBe("a b\n    c a|  a b\n  c a")
    expect(render("{{ {'a': [1]}|tojson(indent=2) }}{{ [1, 2]|tojson(separators=['|', '']) }}")).toBe(
      '{\n  "a": [\n    1\n  ]\n}[1|2]'
    )
    expect(render("{{ l|sort(attribute='n')|map(attribute='n')|join(',') }}", { l: [{ n: 2 }, { n: 1 }] })).toBe("1,2")
    expect(
      render("{{ 'b' in s }}{{ 'z' not in s }}{{ 1 in [1] }}{% filter upper %}{{ s }}{% endfilter %}", { s })
    ).toBe("truetruetrueA B\nC A")
    expect(render("{% filter replace('a', 'z') %}{{ s }}{% endfilter %}{{ s[2:3] }}{{ s['upper']() }}", { s })).toBe(
      "z b\nc zbA B\nC A"
    )
  })

  it("ends loops over what variables hold", () => {
    const list = Array.from({ length: 5000 }, (_, index) => index)
    const source = "{% for a in session.list %}{% for b in session.list %}{% endfor %}{% endfor %}"
    expect(render(source, { session: { list } })).toContain(SPENT)
  })

  it("is of all templates of a prompt together", () => {
    const rendered = renderer({})
    const source = "{% for i in range(30) %}{% for j in range(100) %}x{% endfor %}{% endfor %}"
    const results = Array.from({ length: 10 }, () => rendered(source))
    expect(results[0]).toEqual(Either.right("x".repeat(3000)))
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
