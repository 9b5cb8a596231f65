import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

const PAGE_SIZE = 100
/** The largest page that the specification allows: other servers may refuse more. */
const MAX_PAGE_SIZE = 1000

/** A page to request. */
export interface PageRequest {
  readonly limit: number
  readonly offset: number
}

/**
 * Streams every item of a list, fetched page by page as it is consumed. It ends at a page that is short, oversized or has
 * only known items, because real servers ignore the paging of some lists. No id is emitted twice. `combine` merges the
 * items of a page that are parts of one item.
 */
export const listAll = <Item extends { readonly id: string }, E, R>(
  query: { readonly limit?: number | undefined; readonly offset?: number | undefined } | undefined,
  fetch: (page: PageRequest) => Effect.Effect<ReadonlyArray<Item>, E, R>,
  combine: (items: ReadonlyArray<Item>) => ReadonlyArray<Item> = (items) => items
): Stream.Stream<Item, E, R> =>
  Stream.suspend(() => {
    const limit = Math.min(query?.limit ?? PAGE_SIZE, MAX_PAGE_SIZE)
    const seen = new Set<string>()
    return Stream.paginateChunkEffect(query?.offset ?? 0, (offset) =>
      Effect.map(fetch({ limit, offset }), (items) => {
        const fresh = combine(items).filter((item) => !seen.has(item.id))
        for (const item of fresh) seen.add(item.id)
        const more = items.length === limit && fresh.length > 0
        return [Chunk.unsafeFromArray(fresh), more ? Option.some(offset + limit) : Option.none()]
      })
    )
  })
