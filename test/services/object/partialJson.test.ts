import { describe, expect, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { PartialJson } from "../../../src/services/object/partialJson.js"

const values = (pieces: ReadonlyArray<string>) => {
  const json = new PartialJson()
  return pieces.map((piece) => json.add(piece))
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
})
