import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { Bounded } from "../../../src/engine/text/Bounded.js"

const key = fc.nat(12)
const step = fc.oneof(
  fc.record({ kind: fc.constant("get" as const), key }),
  fc.record({ kind: fc.constant("set" as const), key, value: fc.nat(6).map((weight) => ({ weight })) })
)

/** The entries of a cache. Reading one can drop another, so each read has a cache of its own. */
const contentOf = <V extends {}>(steps: (cache: Bounded<number, V>) => void, make: () => Bounded<number, V>) =>
  Array.from({ length: 13 }, (_, key) => {
    const cache = make()
    steps(cache)
    return cache.get(key)
  })

describe("a bounded cache", () => {
  it("returns the last value of a key or nothing, and holds at most its capacity", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const last = new Map<number, { readonly weight: number }>()
        for (const each of steps) if (each.kind === "set") last.set(each.key, each.value)
        const run = (cache: Bounded<number, { readonly weight: number }>) => {
          for (const each of steps) {
            if (each.kind === "set") cache.set(each.key, each.value)
            else cache.get(each.key)
          }
        }
        const held = contentOf(run, () => new Bounded(10, ({ weight }) => weight))
        for (const [key, value] of held.entries()) if (value !== undefined) expect(value).toBe(last.get(key))
        expect(held.reduce((sum, value) => sum + (value?.weight ?? 0), 0)).toBeLessThanOrEqual(10)
      })
    )
  })

  it("keeps the entries that were used last, up to half of its capacity", () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
        const cache = new Bounded<number, { readonly key: number }>(8)
        for (const key of keys) if (cache.get(key) === undefined) cache.set(key, { key })
        const recent = [...new Set(keys.toReversed())].slice(0, 4)
        for (const key of recent.toReversed()) expect(cache.get(key)).toEqual({ key })
      })
    )
  })

  it("keeps no entry of more than half of its capacity, nor the value it would replace", () => {
    const cache = new Bounded<string, string>(10, (value) => value.length)
    cache.set("a", "12345")
    cache.set("b", "1")
    cache.set("a", "123456")
    cache.set("b", "123456")
    expect([cache.get("a"), cache.get("b")]).toEqual([undefined, undefined])
  })

  it("is empty after it is cleared", () => {
    const cache = new Bounded<string, number>(4)
    for (const key of ["a", "b", "c"]) cache.set(key, 1)
    cache.clear()
    expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([undefined, undefined, undefined])
  })
})
