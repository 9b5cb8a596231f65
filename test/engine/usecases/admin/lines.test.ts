import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { linesOf } from "../../../../src/engine/usecases/admin/Lines.js"

const read = (text: string, size: number, limit?: number) => {
  const bytes = new TextEncoder().encode(text)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size)
  )
  return Effect.map(Stream.runCollect(linesOf(Stream.fromIterable(pieces), 1, limit)), (all) => Array.from(all).flat())
}

describe("the lines of a text", () => {
  it.effect.each([1, 2, 3, 5, 100])("are numbered, in pieces of %i bytes, also inside a character", (size) =>
    Effect.gen(function* () {
      expect(yield* read('{"a":"é𝄞"}\n\n  \r\nsecond\r\nthird', size)).toEqual([
        { text: '{"a":"é𝄞"}', number: 1 },
        { text: "second", number: 4 },
        { text: "third", number: 5 }
      ])
    })
  )

  it.effect.each([1, 7, 100])("are bounded, in pieces of %i bytes", (size) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read(`${"x".repeat(10)}\n${"y".repeat(11)}`, size, 10))
      expect(error).toMatchObject({ code: "INVALID_LINE" })
      expect(error.message).toContain("Line 2 cannot be imported: it has more than 10 bytes.")
      expect(yield* read("x".repeat(10), size, 10)).toHaveLength(1)
    })
  )
})
