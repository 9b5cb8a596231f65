/** Pages of lists: the defaults of the API, and the cursors between pages. */
import * as Effect from "effect/Effect"
import type { CursorPage, FilteredCursorPage } from "../../../schema/api/Query.js"
import type { UnprocessableRequest } from "../../../schema/Errors.js"
import type { ListQuery, Page, PageQuery, Position } from "../../ports/Storage.js"
import { unprocessable } from "../Failure.js"

const LIMIT = 100

const cursor = /^(\d{1,15})-(\d{1,15})$/

/** The position that a cursor names. Clients know it as an opaque text. */
const positionOf = (after: string | undefined): Effect.Effect<Position | undefined, UnprocessableRequest> => {
  if (after === undefined) return Effect.succeed(undefined)
  const [, at, seq] = cursor.exec(after) ?? []
  return seq === undefined
    ? Effect.fail(unprocessable("after", "Expected the `next` of another page of this list"))
    : Effect.succeed({ at: Number(at), seq: Number(seq) })
}

/** A page with the API's defaults. */
export const pageOf = ({ after, limit, offset }: CursorPage): Effect.Effect<PageQuery, UnprocessableRequest> =>
  Effect.map(positionOf(after), (after) => ({ limit: limit ?? LIMIT, offset: offset ?? 0, after }))

/** A list query with the API's defaults: 100 items, the newest first. */
export const listOf = (query: FilteredCursorPage): Effect.Effect<ListQuery, UnprocessableRequest> =>
  Effect.map(pageOf(query), (page) => ({
    ...page,
    order: query.order ?? "desc",
    sort_by: query.sort_by ?? "created_at",
    metadata_filter: query.metadata_filter ?? {}
  }))

/** A page as the API returns it. `next` is the cursor behind its last item, where others may follow. */
export interface Listed<Item> {
  readonly items: ReadonlyArray<Item>
  readonly next?: string
}

/** The page of some rows. */
export const listed =
  <Row, Item>(toItem: (row: Row) => Item) =>
  ({ next, rows }: Page<Row>): Listed<Item> => ({
    items: rows.map(toItem),
    ...(next === undefined ? {} : { next: `${next.at}-${next.seq}` })
  })
