/** Lists that are read as far as they are shown. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** How many items a list shows at first, and how many more each time. */
export const PAGE = 50

/** How many items a request reads. */
export const REQUEST = 200

/** What of a list is shown. */
export interface Shown {
  /** Words that an item must have. */
  readonly search: string
  /** The most items. */
  readonly most: number
}

export const shownAtFirst: Shown = { search: "", most: PAGE }

/** The items that are shown, and whether there are more. */
export interface Listed<A> {
  readonly items: ReadonlyArray<A>
  readonly hasMore: boolean
}

/** Whether a text has every word of a search, in any case. */
export const matches = (search: string, text: string): boolean => {
  const lower = text.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word))
}

/** Reads a list until there is one item more than is shown. */
export const upTo =
  (most: number) =>
  <A, E, R>(items: Stream.Stream<A, E, R>): Effect.Effect<Listed<A>, E, R> =>
    Stream.take(items, most + 1).pipe(
      Stream.runCollect,
      Effect.map((read) => ({
        items: Chunk.toReadonlyArray(Chunk.take(read, most)),
        hasMore: Chunk.size(read) > most
      }))
    )
