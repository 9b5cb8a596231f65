/** One ranking of two. */

/** How little the places far down differ. */
const K = 60

const share = (place: number): number => 1 / (K + place + 1)

/**
 * Reciprocal rank fusion: an item gains by its place in each ranking, and scores need not be comparable. `weight` is
 * what the second ranking counts against the first. Scores are from 0 to 1, which is the first place in both.
 */
export const fuse = <A>(
  first: ReadonlyArray<A>,
  second: ReadonlyArray<A>,
  weight: number,
  key: (item: A) => string
): ReadonlyArray<{ readonly item: A; readonly score: number }> => {
  const fused = new Map<string, { readonly item: A; score: number }>()
  const add = (ranking: ReadonlyArray<A>, worth: number) => {
    for (const [place, item] of ranking.entries()) {
      const known = fused.get(key(item))
      const gain = (worth * share(place)) / ((1 + weight) * share(0))
      if (known === undefined) fused.set(key(item), { item, score: gain })
      else known.score += gain
    }
  }
  add(first, 1)
  add(second, weight)
  return [...fused.values()].sort((one, other) => other.score - one.score)
}
