import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { vi } from "vitest"
import { jsonValuesIn } from "../../../src/schema/jsonInText.js"
import { PartialJson } from "../../../src/services/object/partialJson.js"

const values = (pieces: ReadonlyArray<string>) => {
  const json = new PartialJson()
  return pieces.map((piece) => json.add(piece))
}

const search = RegExp.prototype.exec

/** How many characters are parsed and searched while this runs. */
const workOf = (run: () => void) => {
  let searched = 0
  const parse = vi.spyOn(JSON, "parse")
  const exec = vi.spyOn(RegExp.prototype, "exec").mockImplementation(function (this: RegExp, text) {
    searched += text.length - this.lastIndex
    return search.call(this, text)
  })
  try {
    run()
    return {
      parsed: parse.mock.calls.reduce((sum, [text]) => sum + text.length, 0),
      parses: parse.mock.calls.length,
      searched
    }
  } finally {
    parse.mockRestore()
    exec.mockRestore()
  }
}

/** Whether a value may be a part of another: texts begin it, lists have fewer items, objects fewer members. */
const isPart = (part: unknown, whole: unknown): boolean => {
  if (typeof part === "string") return typeof whole === "string" && whole.startsWith(part)
  if (typeof part !== "object" || part === null) return Object.is(part, whole)
  if (typeof whole !== "object" || whole === null || Array.isArray(part) !== Array.isArray(whole)) return false
  return Object.entries(part).every(
    ([key, value]) => Object.hasOwn(whole, key) && isPart(value, Reflect.get(whole, key))
  )
}

describe("PartialJson", () => {
  it("shows texts as they grow, and other values once they are complete", () => {
    expect(values(['{"a": "x', 'y", "b": 12', '3, "c": tr', "ue, ", '"d": [1', ', {"e', '": null}', "]}"])).toEqual([
      { a: "x" },
      { a: "xy" },
      { a: "xy", b: 123 },
      { a: "xy", b: 123, c: true },
      { a: "xy", b: 123, c: true, d: [] },
      { a: "xy", b: 123, c: true, d: [1, {}] },
      { a: "xy", b: 123, c: true, d: [1, { e: null }] },
      undefined
    ])
  })

  it("skips text before the JSON, thoughts and a fence, and reads nothing after it", () => {
    expect(values(["<think>{", '"a": 1}', "</think> {so}: ```json\n{", '"a":2}', '``` {"a":3}'])).toEqual([
      undefined,
      undefined,
      undefined,
      { a: 2 },
      undefined
    ])
  })

  it("shows nothing of text without JSON, or of what is none", () => {
    expect(values(["No.", " {braces}", " [1]"])).toEqual([undefined, undefined, undefined])
    expect(values(['{"a": x', ', "b": 1}']).at(-1)).toBeUndefined()
  })

  it("shows parts of any object, and last all of it, wherever it is cut", () => {
    const object = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" }))
    const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 10 })
    fc.assert(
      fc.property(object, cuts, fc.boolean(), (given, lengths, indented) => {
        const text = JSON.stringify(given, null, indented ? 1 : 0)
        const value = JSON.parse(text)
        const json = new PartialJson()
        let at = 0
        let last: unknown
        for (const length of [...lengths, text.length]) {
          const part = json.add(text.slice(at, at + length))
          at += length
          if (part === undefined) continue
          expect(isPart(part, value)).toBe(true)
          last = part
        }
        expect(last).toEqual(value)
      }),
      { numRuns: 500, endOnFailure: true }
    )
  })

  it("finds the JSON behind thoughts wherever it is cut", () => {
    const text = '`<think>` ``` <thinking> ``` <THINK>{"a": 1} </thinking> {"b": 2}</think> so: {\n "c": 3}'
    for (let size = 1; size <= text.length; size++) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size)
      )
      expect(
        values(pieces)
          .filter((value) => value !== undefined)
          .at(-1)
      ).toEqual({ c: 3 })
    }
  })

  const texts = {
    "a long text": `{"a": "${"x".repeat(40_000)}"}`,
    "a long list": `{"a":[${Array.from({ length: 5000 }, () => '{"b":1}').join()}]}`,
    "many objects": "{} ".repeat(10_000),
    thoughts: `<think>${'Is it {"a": 1}? '.repeat(3000)}</think>{"a": 1}`,
    "thoughts that never end": "<think>".repeat(6000),
    "text without JSON": "Hello, {world}. ".repeat(3000),
    "spaces after a bracket": `{${" ".repeat(40_000)}`,
    "brackets without end": '{"a":'.repeat(8000)
  }
  for (const [name, text] of Object.entries(texts)) {
    it(`reads ${name} with an amount of work that is linear in its length`, () => {
      const pieces = text.match(/.{1,4}/gs) ?? []
      const { parsed, searched } = workOf(() => values(pieces))
      expect(parsed + searched).toBeLessThan(600 * text.length)
    })
  }
})

describe("jsonValuesIn", () => {
  it("tries only brackets that JSON can begin with, and gives up after many in vain", () => {
    for (const text of ["{x} ", "[x] ", '{"x} ', '{"x":} ', "[1,x] ", "[[1,"]) {
      const { parsed, parses } = workOf(() => expect(jsonValuesIn(text.repeat(100_000))).toEqual([]))
      expect([parses < 11_000, parsed < 3_000_000], text).toEqual([true, true])
    }
    expect(jsonValuesIn(`${"{x} [y] ".repeat(100_000)}{"a": [1]} [2]`)).toEqual([{ a: [1] }, [2]])
  })
})
