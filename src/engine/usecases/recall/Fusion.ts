/** Two rankings fused into one. */

/** The smoothing constant of reciprocal rank fusion: 60, as in the paper of Cormack, Clarke and Büttcher (2009). */
const K = 60

/**
 * Reciprocal rank fusion: an item scores by its rank in each ranking, so the scores of the two need not be comparable. The
 * fused scores are above 0, and 1 for the first item of both.
 */
export const fuse = <A>(
  one: ReadonlyArray<A>,
  other: ReadonlyArray<A>,
  key: (item: A) => string | number
): ReadonlyArray<{ readonly item: A; readonly score: number }> => {
  const fused = new Map<string | number, { readonly item: A; score: number }>()
  for (const ranking of [one, other]) {
    for (const [rank, item] of ranking.entries()) {
      const gain = (K + 1) / (K + rank + 1) / 2
      const known = fused.get(key(item))
      if (known === undefined) fused.set(key(item), { item, score: gain })
      else known.score += gain
    }
  }
  return [...fused.values()].sort((first, second) => second.score - first.score)
}
