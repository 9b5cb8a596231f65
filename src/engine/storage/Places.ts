import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Places, StorageError } from "../ports/Storage.js"
import type { Asked } from "../ports/Words.js"
import type { Dialect, Index } from "./Dialect.js"
import { many, number, type Raw, texts } from "./Rows.js"

const nowhere: Places = { rows: 0, places: [] }

const codec = {
  table: "the index",
  key: "rows",
  decode: (raw: Raw): Places => ({
    rows: number(raw, "rows"),
    places: texts(raw, "places").map((places) => (places === "" ? [] : places.split(",").map(Number)))
  })
}

/** Where the rows of some owners, by a query for these, have words of a text. */
export const find = (
  operation: string,
  dialect: Dialect,
  index: Index,
  owners: Fragment,
  asked: ReadonlyArray<Asked>
): Effect.Effect<Places, StorageError> =>
  asked.length === 0
    ? Effect.succeed(nowhere)
    : Effect.map(many(operation, codec, dialect.places(index, owners, asked)), ([found = nowhere]) => found)
