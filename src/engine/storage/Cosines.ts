/** Cosines that a statement returns as two lists, in one row: many rows take longer to read than their vectors to compare. */
import type { Cosines } from "../ports/Storage.js"
import { numbers, type Raw } from "./Columns.js"

/** A cosine is read as a whole number, which is shorter as text. */
export const PRECISION = 100_000

const [rowIds, cosines] = [numbers("row_ids"), numbers("cosines")]

/** Reads the columns `row_ids` and `cosines`, each a JSON list. */
export const cosinesReader = {
  table: "the vectors",
  key: "row_ids",
  decode: (raw: Raw): Cosines => ({
    rowIds: rowIds.read(raw),
    cosines: cosines.read(raw).map((cosine) => cosine / PRECISION)
  })
}
