/**
 * Binary codes of vectors (SimHash): the number of bits in which two codes differ estimates the angle of their vectors. A
 * search compares the codes of all vectors, which are short, and then only the vectors whose codes are nearest.
 */

/** The bits of a code. A stored code has as many, so another number is another schema. */
export const BITS = 512
const ROUNDS = 3

/** The fast Walsh-Hadamard transform, in place. The length is a power of two. */
const transform = (values: Float64Array) => {
  let half = 1
  // Two steps at once take half the time of one after the other.
  for (; 4 * half <= values.length; half *= 4) {
    for (let start = 0; start < values.length; start += 4 * half) {
      for (let index = start; index < start + half; index++) {
        const first = values[index] ?? 0
        const second = values[index + half] ?? 0
        const third = values[index + 2 * half] ?? 0
        const fourth = values[index + 3 * half] ?? 0
        values[index] = first + second + (third + fourth)
        values[index + half] = first - second + (third - fourth)
        values[index + 2 * half] = first + second - (third + fourth)
        values[index + 3 * half] = first - second - (third - fourth)
      }
    }
  }
  for (let index = 0; half < values.length && index < half; index++) {
    const first = values[index] ?? 0
    const second = values[index + half] ?? 0
    values[index] = first + second
    values[index + half] = first - second
  }
}

/**
 * A vector in a space of at least {@link BITS} dimensions, turned at random, but each time in the same way. Angles between
 * vectors of one length stay, and dot products grow by one factor. Without it, the signs of a vector with few numbers would
 * say little.
 */
export const rotate = (vector: Float32Array): Float64Array => {
  const rotated = new Float64Array(Math.max(BITS, 2 ** Math.ceil(Math.log2(vector.length))))
  rotated.set(vector)
  let random = 1
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < rotated.length; index++) {
      random = (Math.imul(random, 1664525) + 1013904223) | 0
      if (random < 0) rotated[index] = -(rotated[index] ?? 0)
    }
    transform(rotated)
  }
  return rotated
}

/** The code of a vector, eight bits a byte: a bit is set where the rotated vector is above 0. */
export const binaryCode = (vector: Float32Array): Uint8Array => {
  const rotated = rotate(vector)
  const code = new Uint8Array(BITS / 8)
  for (let bit = 0; bit < BITS; bit++) {
    if ((rotated[bit] ?? 0) > 0) code[bit >> 3] = (code[bit >> 3] ?? 0) | (1 << (bit & 7))
  }
  return code
}

/**
 * How many turns a search compares by their vectors, of those that it compares by their codes: the nearest, and of each the
 * {@link NEIGHBOURS} before and after it, because the cosine of a turn counts for those beside it. Measured with
 * all-MiniLM-L6-v2, as is {@link nearPassages}: see docs/recall.md.
 */
export const NEAR_TURNS = 500
export const NEIGHBOURS = 2
/** How many passages a search compares by their vectors, to find so many: those whose codes are nearest. */
export const nearPassages = (limit: number): number => Math.max(700, 2 * limit)
