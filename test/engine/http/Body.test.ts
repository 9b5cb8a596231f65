import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { faultOf, MAX_BODY_DEPTH } from "../../../src/engine/http/Body.js"

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)

/** How deep a value is nested, and whether a text in it has U+0000. */
const measured = (value: unknown): { readonly depth: number; readonly nul: boolean } => {
  if (typeof value === "string") return { depth: 0, nul: value.includes("\0") }
  if (typeof value !== "object" || value === null) return { depth: 0, nul: false }
  const inside = Object.entries(value).map(([key, item]) => ({ key, ...measured(item) }))
  return {
    depth: 1 + Math.max(0, ...inside.map(({ depth }) => depth)),
    nul: inside.some(({ key, nul }) => nul || key.includes("\0"))
  }
}

describe("faultOf", () => {
  it("allows 64 levels, and refuses one more", () => {
    expect(faultOf(nested(MAX_BODY_DEPTH))).toBeUndefined()
    expect(faultOf(nested(MAX_BODY_DEPTH + 1))).toContain("64 levels")
    expect(faultOf(JSON.stringify("[".repeat(100)))).toBeUndefined()
    expect(faultOf(JSON.stringify(`"${"[".repeat(100)}`))).toBeUndefined()
  })

  it("refuses any JSON text that has U+0000, and no other", () => {
    const pieces = FastCheck.array(FastCheck.constantFrom("\\", '"', "\0", "u0000", "a", "[", "{", "\n"))
    const text = pieces.map((parts) => parts.join(""))
    const { tree } = FastCheck.letrec<{ tree: unknown }>((tie) => ({
      tree: FastCheck.oneof(
        { depthSize: "small" },
        text,
        FastCheck.integer(),
        FastCheck.array(tie("tree"), { maxLength: 4 }),
        FastCheck.dictionary(text, tie("tree"), { maxKeys: 4 })
      )
    }))
    FastCheck.assert(
      FastCheck.property(tree, (value) => {
        expect(faultOf(JSON.stringify(value)) !== undefined).toBe(measured(value).nul)
        expect(faultOf(JSON.stringify(value), true)).toBeUndefined()
      }),
      { numRuns: 500 }
    )
  })

  it("takes text that is not JSON to its end", () => {
    for (const text of ["", '"', '"\\', '"\\"', "]]]]", '{"a', '["\\\\']) expect(faultOf(text)).toBeUndefined()
  })
})
