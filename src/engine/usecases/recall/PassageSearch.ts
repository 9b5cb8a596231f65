/** The search of docs. It caches the passages it reads, because conversations find the same ones again and again. */
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../../schema/Field.js"
import { type Owner, type Passage, type Postings, type SearchLimits, Storage } from "../../ports/Storage.js"
import { Bounded } from "../../text/Bounded.js"
import { parseQuery, type QueryTerm } from "../../text/Words.js"
import { rank } from "./Rank.js"

/** The limits of a search for passages. */
const LIMITS: SearchLimits = {
  /** Enough to know how rare a term is; a larger exact number would hardly change a weight. */
  rows: 10_000,
  /** A term that more passages contain says little about any of them. */
  perTerm: 2000
}

/** How many passages are ranked. */
const CANDIDATES = 60

/** The capacity of the cache of passages, in characters. With its parsed words, each takes about 50 bytes of memory. */
const CACHED_CHARACTERS = 3_000_000

/**
 * The rarest terms: as many as have `perTerm` postings together, and one at least. The passages that only the other terms
 * find are not candidates.
 */
const rarestOf = (terms: ReadonlyArray<QueryTerm>, { postings }: Postings) => {
  let sum = 0
  return terms
    .map((term, index) => ({ term, rowIds: postings[index] ?? [] }))
    .filter(({ rowIds }) => rowIds.length > 0)
    .sort((one, other) => one.rowIds.length - other.rowIds.length)
    .filter(({ rowIds }, index) => {
      sum += rowIds.length
      return index === 0 || sum <= LIMITS.perTerm
    })
}

/** Reads passages through a cache; passages never change. */
const makeReader = Effect.map(Storage, ({ docs }) => {
  const cache = new Bounded<number, { readonly developer: string; readonly passage: Passage }>(
    CACHED_CHARACTERS,
    ({ passage: { text, title } }) => title.length + text.length
  )
  return Effect.fnUntraced(function* (developer: string, rowIds: ReadonlyArray<number>) {
    const found = new Map<number, Passage>()
    for (const rowId of rowIds) {
      const known = cache.get(rowId)
      if (known?.developer === developer) found.set(rowId, known.passage)
    }
    const missing = rowIds.filter((rowId) => !found.has(rowId))
    if (missing.length > 0) {
      for (const passage of yield* docs.at(developer, missing)) {
        found.set(passage.rowId, passage)
        cache.set(passage.rowId, { developer, passage })
      }
    }
    return rowIds.flatMap((rowId) => found.get(rowId) ?? [])
  })
})

/** The searches of docs. */
export const make = Effect.map(Effect.all([Storage, makeReader]), ([{ docs }, read]) => ({
  /** The passages with these row ids, which a search has found, in their order. */
  read,
  /** The passages of these owners, and of docs that a metadata filter matches, that contain words of a text, best first. */
  byWords: Effect.fnUntraced(function* (
    developer: string,
    owners: ReadonlyArray<Owner>,
    text: string,
    filter?: JsonObject
  ) {
    const terms = parseQuery(text)
    const found = yield* docs.find(developer, owners, terms, LIMITS, filter)
    const rarest = rarestOf(terms, found)
    const all = [...new Set(rarest.flatMap(({ rowIds }) => rowIds))].sort((one, other) => one - other)
    const candidates =
      all.length <= CANDIDATES
        ? all
        : yield* docs.best(
            developer,
            owners,
            rarest.map(({ term }) => term),
            CANDIDATES,
            filter
          )
    return rank(terms, {
      rows: found.rows,
      documentFrequencies: found.postings.map(({ length }) => length),
      items: yield* read(developer, candidates)
    })
  })
}))
