/** Measures of rankings. */

/** The mean of some numbers; 0 of none. */
export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** The mean of each column of some rows of equal length. */
export const means = (rows: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> =>
  (rows[0] ?? []).map((_, column) => mean(rows.map((row) => row[column] ?? 0)))

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

/** The reciprocal rank: 1 if the first id is wanted, 1/2 if the second is the first that is, 0 if none is. */
export const reciprocalRank = (ranked: ReadonlyArray<string>, wanted: ReadonlyArray<string>): number => {
  const rank = ranked.findIndex((id) => wanted.includes(id))
  return rank < 0 ? 0 : 1 / (rank + 1)
}

/** A percentile: with `part` 0.95, the value that 95 % of the values do not exceed. */
export const percentile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0

/** A generator of the same numbers from 0 to 1 in every run: the constants are those of Numerical Recipes. */
const random = (seed: number) => () => {
  seed = (seed * 1664525 + 1013904223) % 2 ** 32
  return seed / 2 ** 32
}

/** A difference of two means, and the ends of its interval of 95 %. */
export interface Difference {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/**
 * By how much the mean of the first exceeds that of the second, two scores of each question. The interval is a paired
 * bootstrap: it resamples the questions, and is the same in every run.
 */
export const difference = (one: ReadonlyArray<number>, other: ReadonlyArray<number>, resamples = 5000): Difference => {
  const differences = one.map((score, index) => score - (other[index] ?? 0))
  const next = random(14)
  const drawn = Array.from({ length: resamples }, () => {
    let sum = 0
    for (let index = 0; index < differences.length; index++) {
      sum += differences[Math.floor(next() * differences.length)] ?? 0
    }
    return sum / Math.max(1, differences.length)
  })
  return { mean: mean(differences), low: percentile(drawn, 0.025), high: percentile(drawn, 0.975) }
}

/** A result of a search, as it is called in every store, and its score. */
export interface Found {
  readonly key: string
  readonly score: number
}

/** For how many questions the results of two stores differ, and how far apart the scores of one result are at most. */
export const differing = (one: ReadonlyArray<ReadonlyArray<Found>>, other: ReadonlyArray<ReadonlyArray<Found>>) => {
  let lists = 0
  let scores = 0
  for (const [question, found] of one.entries()) {
    const others = other[question] ?? []
    const isSame = found.length === others.length && found.every(({ key }, rank) => key === others[rank]?.key)
    if (!isSame) lists++
    const known = new Map(others.map(({ key, score }) => [key, score]))
    for (const { key, score } of found) scores = Math.max(scores, Math.abs(score - (known.get(key) ?? score)))
  }
  return { lists, scores }
}
