/**
 * A cache of bounded size. It holds entries in two generations: new ones and those in use are in the young one, and when
 * that reaches half of the capacity, it becomes the old one and the entries of the old one are dropped. So the entries
 * that were used last stay, as in an LRU cache, but reading one that is young costs no more than a `Map`: moving it to the
 * end of a large `Map` takes ten times as long.
 *
 * The weights of all entries together are at most `capacity`. An entry of more than half of it is not kept.
 */
export class Bounded<K, V extends {}> {
  private young = new Map<K, V>()
  private old = new Map<K, V>()
  /** The weight of the young generation. */
  private weight = 0

  /** Without `weigh`, each entry weighs 1. The weight of an entry must not change. */
  constructor(
    private readonly capacity: number,
    private readonly weigh: (value: V, key: K) => number = () => 1
  ) {}

  get(key: K): V | undefined {
    const young = this.young.get(key)
    if (young !== undefined) return young
    const old = this.old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: K, value: V): void {
    const before = this.young.get(key)
    if (before !== undefined) this.weight -= this.weigh(before, key)
    this.old.delete(key)
    const weight = this.weigh(value, key)
    if (weight > this.capacity / 2) {
      this.young.delete(key)
      return
    }
    if (this.weight + weight > this.capacity / 2) {
      // It would be in both generations.
      this.young.delete(key)
      this.old = this.young
      this.young = new Map()
      this.weight = 0
    }
    this.young.set(key, value)
    this.weight += weight
  }

  clear(): void {
    this.young = new Map()
    this.old = new Map()
    this.weight = 0
  }
}
