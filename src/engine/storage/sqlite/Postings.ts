import type { Fragment } from "@effect/sql/Statement"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Postings, SearchLimits, StorageError } from "../../ports/Storage.js"
import type { QueryTerm } from "../../text/Words.js"
import { number, type Raw, texts } from "../Columns.js"
import { selectMany } from "../Select.js"
import { type Dialect, type Kind, MEMORIES } from "./Dialect.js"

const empty: Postings = { rows: 0, postings: [] }

const parseRowIds = (list: string): ReadonlyArray<number> => (list === "" ? [] : list.split(",").map(Number))

/** Of the rows of an index, the highest first, those of one kind, with the row ids of their own table. */
const ofKind = (kind: Kind, rowIds: ReadonlyArray<number>, limit: number): ReadonlyArray<number> => {
  if (kind === "passages") return rowIds
  const firstTurn = rowIds.findIndex((rowId) => rowId < MEMORIES)
  const end = firstTurn === -1 ? rowIds.length : firstTurn
  return kind === "turns"
    ? rowIds.slice(end, end + limit)
    : rowIds.slice(0, Math.min(end, limit)).map((rowId) => rowId - MEMORIES)
}

/**
 * The postings of a query's terms among the rows of some owners, which `owners` selects; `among` selects the row ids that
 * count, if not all do. All kinds must be of one index: one statement searches them together.
 */
export const find = <const Kinds extends Arr.NonEmptyReadonlyArray<Kind>>(
  operation: string,
  dialect: Dialect,
  kinds: Kinds,
  owners: Fragment,
  terms: ReadonlyArray<QueryTerm>,
  limits: SearchLimits,
  among?: Fragment
): Effect.Effect<Record<Kinds[number], Postings>, StorageError> => {
  const byKind = (postings: (kind: Kind) => Postings) =>
    // The entries have exactly the kinds as keys, which `fromEntries` does not express.
    Object.fromEntries(kinds.map((kind) => [kind, postings(kind)])) as Record<Kinds[number], Postings>
  if (terms.length === 0) return Effect.succeed(byKind(() => empty))
  const codec = {
    table: "the index",
    key: "postings",
    decode: (raw: Raw) => {
      const lists = texts("postings").read(raw).map(parseRowIds)
      return {
        /** Whether rows of one kind may have used up the limit of another. */
        truncated: kinds.length > 1 && lists.some(({ length }) => length >= limits.perTerm * kinds.length),
        found: byKind((kind) => ({
          rows: number(kind).read(raw),
          postings: lists.map((list) => ofKind(kind, list, limits.perTerm))
        }))
      }
    }
  }
  return Effect.flatMap(
    selectMany(operation, codec, dialect.postings(kinds, owners, terms, limits, among)),
    ([first]) => {
      if (first?.truncated !== true) return Effect.succeed(first?.found ?? byKind(() => empty))
      const alone = (kind: Kind) =>
        Effect.map(
          find(operation, dialect, [kind], owners, terms, limits, among),
          (found) => [kind, found[kind]] as const
        )
      return Effect.map(Effect.forEach(kinds, alone), (each) => {
        const postings = new Map(each)
        return byKind((kind) => postings.get(kind) ?? empty)
      })
    }
  )
}
