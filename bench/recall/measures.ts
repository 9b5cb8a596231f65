/** How good a ranking is. */

/** The mean of some numbers; 0 of none. */
export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

const gain = (grades: ReadonlyArray<number>): number =>
  grades.slice(0, 10).reduce((sum, grade, place) => sum + (2 ** grade - 1) / Math.log2(place + 2), 0)

/** nDCG@10 with gain 2^grade - 1. */
export const ndcg = (ranked: ReadonlyArray<string>, grades: ReadonlyMap<string, number>): number => {
  const ideal = gain([...grades.values()].sort((one, other) => other - one))
  return ideal === 0 ? 0 : gain(ranked.map((id) => grades.get(id) ?? 0)) / ideal
}

/** The part of what is wanted that is among the first `k`. */
export const recallAt = (k: number, ranked: ReadonlyArray<string>, wanted: ReadonlyArray<string>): number => {
  const first = new Set(ranked.slice(0, k))
  return wanted.filter((id) => first.has(id)).length / Math.max(1, wanted.length)
}

/** The number that so many of the values do not exceed, as "p95". */
export const percentile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0
