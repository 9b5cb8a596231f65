import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Found, StorageError } from "../ports/Storage.js"
import * as Dialect from "./Dialect.js"
import { many, number, type Raw } from "./Rows.js"
import { wordsOf } from "./Words.js"

/** A search weighs this many rows at most, or those of its rarest word: common words find the rows of rarer ones. */
const mostWeighed = 2000

const countCodec = { table: "the index", key: "rows", decode: (raw: Raw) => number(raw, "rows") }

/** What an index knows of a text: its words, and a query (see `Dialect.search`) for the rows to rank. */
export interface Lookup extends Omit<Found<never>, "items"> {
  readonly hits: Fragment | undefined
}

/** The rarest words, as many as together weigh a bounded number of rows. */
const telling = (words: Lookup["words"]): ReadonlyArray<string> => {
  let weighed = 0
  return words
    .filter(({ rows }) => rows > 0)
    .toSorted((one, other) => one.rows - other.rows)
    .filter(({ rows }, index) => {
      weighed += rows
      return index === 0 || weighed <= mostWeighed
    })
    .map(({ word }) => word)
}

/** Looks a text up in an index, among the rows of some owners. */
export const make = Effect.map(
  Dialect.make,
  (dialect) =>
    (
      operation: string,
      index: Dialect.Index,
      owners: ReadonlyArray<string>,
      text: string,
      limit: number
    ): Effect.Effect<Lookup, StorageError> => {
      const asked = wordsOf(text)
      if (asked.length === 0 || owners.length === 0) return Effect.succeed({ rows: 0, words: [], hits: undefined })
      const counts = dialect.counts(index, owners, asked)
      return Effect.map(many(operation, countCodec, counts), ([rows = 0, ...having]) => {
        const words = asked.map((word, place) => ({ word, rows: having[place] ?? 0 }))
        return { rows, words, hits: dialect.search(index, owners, telling(words), { limit, offset: 0 }) }
      })
    }
)
