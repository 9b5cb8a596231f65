/** Measures of rankings. */

/** The mean of some numbers; 0 of none. */
export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

const gain = (grades: ReadonlyArray<number>): number =>
  grades.slice(0, 10).reduce((sum, grade, rank) => sum + (2 ** grade - 1) / Math.log2(rank + 2), 0)

/** nDCG@10 with gain 2^grade - 1. */
export const ndcg = (ranked: ReadonlyArray<string>, grades: ReadonlyMap<string, number>): number => {
  const ideal = gain([...grades.values()].sort((one, other) => other - one))
  return ideal === 0 ? 0 : gain(ranked.map((id) => grades.get(id) ?? 0)) / ideal
}

/** Recall at `k`: the part of the wanted ids among the first `k`. */
export const recallAt = (k: number, ranked: ReadonlyArray<string>, wanted: ReadonlyArray<string>): number => {
  const first = new Set(ranked.slice(0, k))
  return wanted.filter((id) => first.has(id)).length / Math.max(1, wanted.length)
}

/** A percentile: with `part` 0.95, the value that 95 % of the values do not exceed. */
export const percentile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0
