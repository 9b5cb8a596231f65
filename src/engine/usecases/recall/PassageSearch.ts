/** The search of docs. It caches the passages it reads, because conversations find the same ones again and again. */
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../../schema/Field.js"
import { type Owner, type Passage, type Postings, type SearchLimits, Storage } from "../../ports/Storage.js"
import { Bounded } from "../../text/Bounded.js"
import { parseQuery, type QueryTerm } from "../../text/Words.js"
import { groupCopies } from "./Copies.js"
import { type RankedPassage, rank, weighQueryTerms } from "./Rank.js"
import { TermVectorCache } from "./TermVectors.js"

/** The limits of a search for passages. */
const LIMITS: SearchLimits = {
  /** Enough to know how rare a term is; a larger exact number would hardly change a weight. */
  rows: 10_000,
  /** A term that more passages contain says little about any of them. */
  perTerm: 2000
}
/** The limits of a second search where all terms are so common that the first cut their postings. */
const COMMON: SearchLimits = { ...LIMITS, perTerm: LIMITS.rows }

/** How many passages are ranked: those that contain the rarest terms. Equal ones count as one. */
const MAX_READ = 200
/** How many are read at most, and at least at a time, where many of them are equal. */
const MAX_COPIES_READ = LIMITS.perTerm
const MIN_READ = 50

/** How often a search begins anew because a doc that it found was deleted or replaced before it was read. */
const MAX_SEARCHES = 3

/** The capacity of the cache of passages in bytes, if their texts are Latin: other letters take two bytes each. */
const CACHED_BYTES = 16_000_000
/** What a passage takes beside its title and its text. */
const PASSAGE_BYTES = 200

/** Whether the postings of all terms that any passage contains may lack some. */
const allCut = ({ postings }: Postings): boolean =>
  postings.some(({ length }) => length > 0) && postings.every(({ length }) => length === 0 || length >= LIMITS.perTerm)

/**
 * The row ids of the passages that contain terms, those first whose terms are rare, and many. The rarest terms find passages,
 * as many terms as have `perTerm` postings together and one at least; the others only weigh where they are found as well.
 */
const rowsByWeight = (query: ReadonlyArray<QueryTerm>, { postings, rows }: Postings): ReadonlyArray<number> => {
  const weights = weighQueryTerms(
    query,
    rows,
    postings.map(({ length }) => length)
  )
  const terms = postings
    .map((rowIds, term) => ({ rowIds, weight: weights[term] ?? 0 }))
    .sort((one, other) => one.rowIds.length - other.rowIds.length)
  const scores = new Map<number, number>()
  let sum = 0
  for (const { rowIds, weight } of terms) {
    sum += rowIds.length
    const finds = scores.size === 0 || sum <= LIMITS.perTerm
    for (const rowId of rowIds) {
      const score = scores.get(rowId) ?? (finds ? 0 : undefined)
      if (score !== undefined) scores.set(rowId, score + weight)
    }
  }
  return [...scores].sort(([one, first], [other, second]) => second - first || one - other).map(([rowId]) => rowId)
}

/** Reads passages through a cache; passages never change. */
const makeReader = Effect.map(Storage, ({ docs }) => {
  const cache = new Bounded<number, { readonly developer: string; readonly passage: Passage }>(
    CACHED_BYTES,
    ({ passage: { text, title } }) => PASSAGE_BYTES + title.length + text.length
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
export const make = Effect.map(Effect.all([Storage, makeReader]), ([{ docs }, read]) => {
  const parser = new TermVectorCache()

  /**
   * The first passages that differ, as many as are ranked. More are read only where some of them are equal. `isWhole`: whether
   * all that were to be read are still there.
   */
  const readDistinct = Effect.fnUntraced(function* (developer: string, rowIds: ReadonlyArray<number>) {
    const passages: Array<Passage> = []
    for (let start = 0, missing = MAX_READ; ; ) {
      const end = Math.min(start + Math.max(missing, MIN_READ), MAX_COPIES_READ)
      passages.push(...(yield* read(developer, rowIds.slice(start, end))))
      const groups = groupCopies(passages)
      missing = MAX_READ - groups.length
      if (missing <= 0 || end >= rowIds.length || end === MAX_COPIES_READ) {
        return { groups: groups.slice(0, MAX_READ), isWhole: passages.length === Math.min(end, rowIds.length) }
      }
      start = end
    }
  })

  /** The postings of terms, and the first passages that have them. */
  const search = Effect.fnUntraced(function* (
    developer: string,
    owners: ReadonlyArray<Owner>,
    terms: ReadonlyArray<QueryTerm>,
    filter: JsonObject | undefined
  ) {
    const first = yield* docs.find(developer, owners, terms, LIMITS, filter)
    const found = allCut(first) ? yield* docs.find(developer, owners, terms, COMMON, filter) : first
    return { found, ...(yield* readDistinct(developer, rowsByWeight(terms, found))) }
  })

  /** The passages of these owners, and of docs that a metadata filter matches, that contain words of a text, best first. */
  const byWords = Effect.fnUntraced(function* (
    developer: string,
    owners: ReadonlyArray<Owner>,
    text: string,
    filter?: JsonObject
  ) {
    const terms = parseQuery(text)
    let { found, groups, isWhole } = yield* search(developer, owners, terms, filter)
    // Where a doc was replaced meanwhile, its next version is there now.
    for (let searches = 1; !isWhole && searches < MAX_SEARCHES; searches++)
      ({ found, groups, isWhole } = yield* search(developer, owners, terms, filter))
    const items = groups.map(({ passage }) => passage).sort((one, other) => one.rowId - other.rowId)
    const documentFrequencies = found.postings.map(({ length }) => length)
    const ranked = rank(terms, { rows: found.rows, documentFrequencies, items }, parser)
    const copies = new Map(
      groups.flatMap(({ copies, passage }) => (copies.length === 0 ? [] : [[passage.rowId, copies]]))
    )
    return copies.size === 0
      ? ranked
      : ranked.map((passage): RankedPassage => ({ copies: copies.get(passage.rowId) ?? [], ...passage }))
  })

  /** `read`: the passages with these row ids, which a search has found, in their order. */
  return { byWords, read }
})
