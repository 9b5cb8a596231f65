/** One ranking of two. */

/** How little the places far down differ; 60 is what is commonly used. */
const K = 60

/**
 * Reciprocal rank fusion: an item gains by its place in each ranking, and the scores of the two need not be comparable.
 * The fused scores are from 0 to 1, which is the first place in both.
 */
export const fuse = <A>(
  one: ReadonlyArray<A>,
  other: ReadonlyArray<A>,
  key: (item: A) => string | number
): ReadonlyArray<{ readonly item: A; readonly score: number }> => {
  const fused = new Map<string | number, { readonly item: A; score: number }>()
  for (const ranking of [one, other]) {
    for (const [place, item] of ranking.entries()) {
      const gain = (K + 1) / (K + place + 1) / 2
      const known = fused.get(key(item))
      if (known === undefined) fused.set(key(item), { item, score: gain })
      else known.score += gain
    }
  }
  return [...fused.values()].sort((first, second) => second.score - first.score)
}
