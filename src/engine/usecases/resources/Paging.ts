/** Pages of lists: the defaults of the API, and the cursors between pages. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import type { CursorPage, FilteredCursorPage } from "../../../schema/api/Query.js"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import type { Cursor, ListQuery, Page, PageQuery, StorageError } from "../../ports/Storage.js"
import { shortHash } from "../../text/ShortHash.js"
import { unprocessable } from "../Failure.js"

const LIMIT = 100

const cursor = /^(\w+) (\d{1,15}) (\d{1,15})$/

/** The cursor behind a position of a list. It is opaque: clients send it back and do not read it. */
const cursorOf = (list: string, { at, seq }: Cursor): string =>
  Encoding.encodeBase64Url(`${shortHash(list)} ${at} ${seq}`)

/** The position that a cursor of a list names: none without a cursor. */
const positionOf = (
  list: string,
  after: string | undefined
): Effect.Effect<Cursor | undefined, UnprocessableRequest> => {
  if (after === undefined) return Effect.succeed(undefined)
  const text = Either.getOrElse(Encoding.decodeBase64UrlString(after), () => "")
  const [, hash, at, seq] = cursor.exec(text) ?? []
  return hash === shortHash(list)
    ? Effect.succeed({ at: Number(at), seq: Number(seq) })
    : Effect.fail(unprocessable("after", "must be the next cursor of a page of the same list, in the same order"))
}

/** A page as the API returns it. `next` is the cursor behind its last item, where others may follow. */
export interface Listed<Item> {
  readonly items: ReadonlyArray<Item>
  readonly next?: string
}

/** A page with the API's defaults, of a list without cursors. */
export const pageOf = ({ limit, offset }: Omit<CursorPage, "after">): PageQuery => ({
  limit: limit ?? LIMIT,
  offset: offset ?? 0
})

/** The page of a list that a query asks for. `list` names the list and its order, so that it refuses other cursors. */
export const paged = <Row, Item>(
  list: string,
  query: CursorPage,
  toItem: (row: Row) => Item,
  read: (page: PageQuery) => Effect.Effect<Page<Row>, StorageError>
): Effect.Effect<Listed<Item>, StorageError | UnprocessableRequest> =>
  positionOf(list, query.after).pipe(
    Effect.flatMap((after) => read({ after, ...pageOf(query) })),
    Effect.map(({ next, rows }) => ({
      items: rows.map(toItem),
      ...(next === undefined ? {} : { next: cursorOf(list, next) })
    }))
  )

/** The page of a list of resources with metadata: 100 items, the newest first, unless the query says otherwise. */
export const filtered = <Row, Item>(
  list: string,
  query: FilteredCursorPage,
  toItem: (row: Row) => Item,
  read: (query: ListQuery) => Effect.Effect<Page<Row>, StorageError>
) => {
  const { metadata_filter = {}, order = "desc", sort_by = "created_at" } = query
  return paged(`${list} by ${sort_by} ${order}`, query, toItem, (page) =>
    read({ order, sort_by, metadata_filter, ...page })
  )
}
