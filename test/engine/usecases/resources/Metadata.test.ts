import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { checkMetadata, MAX_METADATA, mergeMetadata } from "../../../../src/engine/usecases/resources/Metadata.js"
import type { JsonObject } from "../../../../src/schema/Field.js"

/** JSON as it arrives: made by the parser, so that `__proto__` is a key like any other. */
const parsed = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value))
const key = fc.constantFrom("a", "b", "Weird Key", "__proto__", "constructor", "toString", "")
const scalar = fc.oneof(fc.string(), fc.boolean(), fc.constant(null), fc.integer())
const { object } = fc.letrec<{ readonly object: ReadonlyArray<readonly [string, unknown]>; readonly json: string }>(
  (tie) => ({
    object: fc.uniqueArray(fc.tuple(key, tie("json").map(String)), { selector: ([name]) => name, maxLength: 4 }),
    json: fc.oneof(
      { depthSize: "small" },
      scalar.map((value) => JSON.stringify(value)),
      fc.array(tie("json").map(String), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
      tie("object").map((members) => textOf(members as ReadonlyArray<readonly [string, unknown]>))
    )
  })
)
const textOf = (members: ReadonlyArray<readonly [string, unknown]>) =>
  `{${members.map(([name, value]) => `${JSON.stringify(name)}:${String(value)}`).join(",")}}`
const metadata = object.map((members): JsonObject => JSON.parse(textOf(members)))

const text = (value: unknown) => JSON.stringify(value)
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

describe("mergeMetadata", () => {
  it("merges objects by key, joins lists, replaces the rest, and stores null", () => {
    const merged = mergeMetadata(
      { n: { a: 2 }, l: [1], s: "x", t: { a: 1 }, k: 1 },
      { n: { b: 3 }, l: [2, 1], s: null, t: [1], f: { g: null } }
    )
    expect(text(merged)).toBe('{"n":{"a":2,"b":3},"l":[1,2,1],"s":null,"t":[1],"k":1,"f":{"g":null}}')
  })

  it("takes __proto__ for a key, at any depth", () => {
    const merged = mergeMetadata(
      JSON.parse('{"__proto__":{"a":{"x":[1]}}}'),
      JSON.parse('{"__proto__":{"a":{"x":[2]}}}')
    )
    expect(text(merged)).toBe('{"__proto__":{"a":{"x":[1,2]}}}')
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
    expect(text(mergeMetadata({}, JSON.parse('{"__proto__":1,"constructor":2}')))).toBe(
      '{"__proto__":1,"constructor":2}'
    )
  })

  it("with nothing changes nothing, and into nothing is the change", () => {
    fc.assert(
      fc.property(metadata, (value) => {
        expect(text(mergeMetadata(value, {}))).toBe(text(value))
        expect(text(mergeMetadata({}, value))).toBe(text(value))
      })
    )
  })

  it("has every key of both, the old ones first and in their order, each as its two values say", () => {
    fc.assert(
      fc.property(metadata, metadata, (old, change) => {
        const merged = mergeMetadata(old, change)
        const added = Object.keys(change).filter((name) => !Object.hasOwn(old, name))
        expect(Object.keys(merged)).toEqual([...Object.keys(old), ...added])
        for (const name of Object.keys(merged)) {
          const [before, after] = [old[name], change[name]]
          const both = Object.hasOwn(old, name) && Object.hasOwn(change, name)
          const expected = !both
            ? Object.hasOwn(change, name)
              ? after
              : before
            : isObject(before) && isObject(after)
              ? mergeMetadata(before, after)
              : Array.isArray(before) && Array.isArray(after)
                ? [...before, ...after]
                : after
          expect(text(merged[name])).toBe(text(expected))
        }
      })
    )
  })

  it("can be done in two steps, and leaves what it is given as it was", () => {
    fc.assert(
      fc.property(metadata, metadata, metadata, (a, b, c) => {
        const before = text([a, b, c])
        // Joining lists and merging keys is associative only where the kinds agree, so b and c change other keys.
        const moved = parsed(Object.fromEntries(Object.entries(c).map(([name, value]) => [`c ${name}`, value])))
        expect(text(mergeMetadata(mergeMetadata(a, b), moved))).toBe(text(mergeMetadata(a, mergeMetadata(b, moved))))
        expect(text([a, b, c])).toBe(before)
      })
    )
  })

  it("is deep in data, not in the stack, for any metadata a request can hold", () => {
    const deep = (depth: number): JsonObject => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`)
    expect(text(mergeMetadata(deep(1000), deep(1000)))).toBe(text(deep(1000)))
  })
})

describe("checkMetadata", () => {
  const refused = (metadata: JsonObject) => Either.isLeft(Effect.runSync(Effect.either(checkMetadata(metadata))))
  const list = (length: number) => Array.from({ length }, () => 1)

  it("allows 10,000 values at all depths together, and not one more", () => {
    expect(refused({ a: list(MAX_METADATA - 1) })).toBe(false)
    expect(refused({ a: list(MAX_METADATA) })).toBe(true)
    expect(refused({ a: { b: list(MAX_METADATA / 2) }, c: [list(MAX_METADATA / 2)] })).toBe(true)
    expect(refused(Object.fromEntries(list(MAX_METADATA + 1).map((one, index) => [`k${index}`, one])))).toBe(true)
  })
})
