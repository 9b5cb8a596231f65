import { describe, expect, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { BITS, binaryCode, rotate } from "../../../src/engine/storage/BinaryCode.js"

const dot = (one: ArrayLike<number>, other: ArrayLike<number>): number =>
  Array.from(one).reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0)
const cosine = (one: ArrayLike<number>, other: ArrayLike<number>): number =>
  dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other))

/** In how many bits the codes of two vectors differ. */
const distance = (one: Float32Array, other: Float32Array): number => {
  const second = binaryCode(other)
  return binaryCode(one).reduce((sum, byte, index) => {
    const differ = byte ^ (second[index] ?? 0)
    return sum + differ.toString(2).replaceAll("0", "").length
  }, 0)
}

const number = fc.integer({ min: -1000, max: 1000 })
/** Vectors of one length, none of them 0; most numbers of some are 0. */
const vectors = fc
  .record({
    dimensions: fc.constantFrom(1, 2, 7, 256, 384, 512, 768, 1536),
    first: fc.array(number, { minLength: 1, maxLength: 40 }),
    second: fc.array(number, { minLength: 1, maxLength: 40 })
  })
  .map(({ dimensions, first, second }) =>
    [first, second].map((values) => {
      const vector = new Float32Array(dimensions)
      // Far apart, so that two vectors have few numbers in common.
      for (const [index, value] of values.entries()) vector[(index * 31) % dimensions] = value
      if (dot(vector, vector) === 0) vector[0] = 1
      return vector
    })
  )

describe("the binary code of a vector", () => {
  it("is of a rotation, which keeps the angle of two vectors", () => {
    fc.assert(
      fc.property(vectors, ([one = new Float32Array(1), other = new Float32Array(1)]) => {
        expect(cosine(rotate(one), rotate(other))).toBeCloseTo(cosine(one, other), 9)
      }),
      { endOnFailure: true }
    )
  })

  it("differs from another in about as many bits as the angle of the vectors is of a half turn", () => {
    fc.assert(
      fc.property(vectors, ([one = new Float32Array(1), other = new Float32Array(1)]) => {
        const angle = Math.acos(Math.min(1, Math.max(-1, cosine(one, other)))) / Math.PI
        // Over five times the standard deviation of as many independent bits.
        expect(Math.abs(distance(one, other) / BITS - angle)).toBeLessThan(0.12)
      }),
      { endOnFailure: true }
    )
  })

  it("does not depend on the length of the vector", () => {
    fc.assert(
      fc.property(vectors, ([one = new Float32Array(1)]) => {
        expect(binaryCode(one.map((value) => value * 4))).toEqual(binaryCode(one))
      }),
      { endOnFailure: true }
    )
  })

  it("is the same in every release: stored codes are compared with new ones", () => {
    const code = binaryCode(Float32Array.of(3, -1, 4, 1, -5))
    expect(code).toHaveLength(BITS / 8)
    expect(Buffer.from(code.subarray(0, 16)).toString("hex")).toBe("1edbfdecf1391c19442644725153ebad")
  })
})
