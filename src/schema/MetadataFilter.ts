import * as Schema from "effect/Schema"
import { JsonObject } from "./Field.js"

/** At most this many keys of metadata are compared: each is a part of a statement. */
const MAX_FILTER_KEYS = 100

/** A filter by metadata: what it finds has an equal value under each of its top-level keys. */
export const MetadataFilter: Schema.Schema<JsonObject> = JsonObject.pipe(
  Schema.filter((filter) =>
    Object.keys(filter).length <= MAX_FILTER_KEYS ? undefined : `Expected an object of at most ${MAX_FILTER_KEYS} keys`
  )
)
