/** The query parameters of the API's lists. */
import * as Schema from "effect/Schema"
import { MetadataFilter } from "../MetadataFilter.js"

/**
 * The most items of a page. A higher limit is refused rather than lowered, because a page with fewer items than the limit
 * is the last one.
 */
const MAX_LIMIT = 10_000

/** The document has the bounds of the specification. v0.3 took others, too: a limit of 0 counts as 1. */
const limit = Schema.optional(
  Schema.transform(
    Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, MAX_LIMIT)).annotations({
      jsonSchema: { type: "integer", minimum: 1, maximum: 1000, default: 100 }
    }),
    Schema.Int.pipe(Schema.between(1, MAX_LIMIT)),
    { strict: true, decode: (given) => Math.max(given, 1), encode: (given) => given }
  )
)

const offset = Schema.optional(
  Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()).annotations({
    jsonSchema: { type: "integer", minimum: 0, default: 0 }
  })
)

/**
 * Beyond v0.3: the `next` of the page before. The page begins behind the last item of that one, also where that item was
 * deleted or changed meanwhile, so no item is left out. `offset` then counts from there. A cursor is an opaque text. It is not secret: it holds the time and
 * the number of the item. Another list, or another order of the same one, refuses it.
 */
const after = Schema.optional(Schema.String)

/** The parameters of a page. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
export const page = { limit, offset }

/** The parameters of a page of a list that has cursors. */
export const cursorPage = { ...page, after }

const FilterParameter = Schema.parseJson(MetadataFilter).annotations({
  jsonSchema: { type: "string", default: "{}", description: "A JSON object; items match when every key is equal" }
})

/** The parameters of a page of resources with metadata. */
const filteredPage = {
  ...cursorPage,
  metadata_filter: Schema.optional(FilterParameter),
  sort_by: Schema.optional(Schema.Literal("created_at", "updated_at").annotations({ default: "created_at" })),
  order: Schema.optional(Schema.Literal("asc", "desc").annotations({ default: "desc" }))
}

/** A page of a list. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
export const Page = Schema.Struct(page)
export interface Page extends Schema.Schema.Type<typeof Page> {}

/** A page of a list that has cursors. */
export const CursorPage = Schema.Struct(cursorPage)
export interface CursorPage extends Schema.Schema.Type<typeof CursorPage> {}

/** A page of resources with metadata. `metadata_filter` matches top-level keys by equality; `sort_by` and `order` sort it. */
export const FilteredPage = Schema.Struct(filteredPage)
export interface FilteredCursorPage extends Schema.Schema.Type<typeof FilteredPage> {}
/** `FilteredPage` as callers give it: `listAll` sets `after`. */
export interface FilteredPage extends Omit<FilteredCursorPage, "after"> {}
