import type { FilteredPage, Page } from "../../../schema/api/Query.js"
import type { ListQuery } from "../../ports/Storage.js"

const LIMIT = 100

/** A page with the API's defaults. */
export const pageOf = (query: Page) => ({ limit: query.limit ?? LIMIT, offset: query.offset ?? 0 })

/** A list query with the API's defaults: 100 items, the newest first. */
export const listOf = (query: FilteredPage): ListQuery => ({
  ...pageOf(query),
  order: query.order ?? "desc",
  sort_by: query.sort_by ?? "created_at",
  metadata_filter: query.metadata_filter ?? {}
})
