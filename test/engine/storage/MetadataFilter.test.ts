import { expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { metadataPairs, requiredPairs } from "../../../src/engine/storage/MetadataFilter.js"
import type { JsonObject } from "../../../src/schema/Field.js"

const matches = (metadata: JsonObject, filter: JsonObject): boolean => {
  const pairs: ReadonlyArray<string> = JSON.parse(metadataPairs(metadata))
  return requiredPairs(filter)?.every((pair) => pairs.includes(pair)) ?? false
}

it("the metadata filter passes what is equal, whatever the order of keys", () => {
  const shuffled = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(shuffled)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, item]) => [key, shuffled(item)])
          )
        : value
  const value = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.object())
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), fc.string(), (raw, key) => {
      const stored: JsonObject = JSON.parse(JSON.stringify(raw))
      for (const [name, item] of Object.entries(stored)) {
        expect(matches(stored, Object.fromEntries([[name, shuffled(item)]]))).toBe(true)
        expect(matches(stored, Object.fromEntries([[name, { item }]]))).toBe(false)
      }
      expect(matches(stored, Object.fromEntries([[key, "no such value \0"]]))).toBe(false)
    })
  )
})
