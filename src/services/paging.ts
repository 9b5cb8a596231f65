import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

const PAGE_SIZE = 100
/** The largest page that the specification allows: other servers may refuse more. */
const MAX_PAGE_SIZE = 1000

/** Where a page begins: behind the last item of the page before, where the server has cursors, else at a number of items. */
interface Start {
  readonly offset: number
  readonly after?: string
}

/** A page to request. */
export interface PageRequest extends Start {
  readonly limit: number
}

/** A page as a server returns it. Servers that have cursors return `next` with a full page. */
interface Page<Item> {
  readonly items: ReadonlyArray<Item>
  readonly next?: string | null | undefined
}

/**
 * Streams every item of a list, fetched page by page as it is consumed. It follows the cursors of a server that has them.
 * On others it counts items, and ends at a page that is short, oversized or has only known items, because real servers
 * ignore the paging of some lists. No id is emitted twice. `combine` merges the items of a page that are parts of one item.
 */
export const listAll = <Item extends { readonly id: string }, E, R>(
  query: { readonly limit?: number | undefined; readonly offset?: number | undefined } | undefined,
  fetch: (page: PageRequest) => Effect.Effect<Page<Item>, E, R>,
  combine: (items: ReadonlyArray<Item>) => ReadonlyArray<Item> = (items) => items
): Stream.Stream<Item, E, R> =>
  Stream.suspend(() => {
    const limit = Math.min(query?.limit ?? PAGE_SIZE, MAX_PAGE_SIZE)
    const seen = new Set<string>()
    const behind = (start: Start, { items, next }: Page<Item>): Option.Option<Start> => {
      // Some servers write "" where there is no next page.
      if (typeof next === "string" && next !== "") return Option.some({ offset: 0, after: next })
      return start.after === undefined && items.length === limit
        ? Option.some({ offset: start.offset + limit })
        : Option.none()
    }
    return Stream.paginateChunkEffect<Start, Item, E, R>({ offset: query?.offset ?? 0 }, (start) =>
      Effect.map(fetch({ limit, ...start }), (page) => {
        const fresh = combine(page.items).filter((item) => !seen.has(item.id))
        for (const item of fresh) seen.add(item.id)
        return [Chunk.unsafeFromArray(fresh), fresh.length > 0 ? behind(start, page) : Option.none()]
      })
    )
  })

/** The items of a page. */
export const itemsOf: <Item, E, R>(page: Effect.Effect<Page<Item>, E, R>) => Effect.Effect<ReadonlyArray<Item>, E, R> =
  Effect.map(({ items }) => items)
