/** Searches in the full-text indexes: see `SearchIndexes`. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Postings, SearchLimits, StorageError } from "../../ports/Storage.js"
import type { QueryTerm } from "../../text/Words.js"
import { number, type Raw, texts } from "../Columns.js"
import type { Dialect, Kind, Search } from "../Dialect.js"
import { selectMany } from "../Select.js"
import { type Index, MEMORIES } from "./SearchIndexes.js"

/** A word that so many rows contain as it is, is not searched in its other forms. */
const MANY = 500

/** That no deleted doc waits for its passages to be deleted: then a condition costs nothing for each row. */
export const noDeletedDocs = "(SELECT NOT EXISTS (SELECT 1 FROM deleted_docs))"

// CROSS JOIN makes SQLite begin with the few docs, not with all passages.
const passageExists = `(${noDeletedDocs} OR rowid NOT IN (
  SELECT p.seq FROM deleted_docs d CROSS JOIN passages p ON p.developer_id = d.developer_id AND p.doc_id = d.doc_id))`

interface Indexed {
  readonly index: Index
  /** The condition that the rows of this kind meet in the index. */
  readonly rows: string
  /** The suffix of the owner's own term. */
  readonly mark: string
}

const indexed: Readonly<Record<Kind, Indexed>> = {
  passages: { index: "passages_fts", rows: passageExists, mark: "" },
  turns: { index: "recall_fts", rows: `rowid < ${MEMORIES}`, mark: "" },
  memories: { index: "recall_fts", rows: `rowid >= ${MEMORIES}`, mark: "." }
}

/** A term without its owner, which comes first. */
const suffixOf = ({ prefix, stem }: QueryTerm): string => `${stem}"${prefix ? " *" : ""}`

/** Whether a term is the beginning of a word, and not all of it. */
const isBeginning = ({ prefix, stem, word }: QueryTerm): boolean => prefix && stem !== word

type Kinds = Arr.NonEmptyReadonlyArray<Kind>

/** An FTS5 query for a term of any of the owners; without owners, for a term that no row has. */
const matching = (suffix: string): string =>
  `(SELECT coalesce(group_concat('"' || owner || '.' || ${suffix}, ' OR '), '"."') FROM owners)`

/** What is the same in all searches of some kinds with some limits. */
const partsOf = ([kind, ...more]: Kinds, limits: SearchLimits, isAmong: boolean) => {
  const { index, rows } = indexed[kind]
  // Keeps to the row ids of `among`. The plus keeps SQLite from running the search once for each of them.
  const only = isAmong ? "AND +rowid IN (SELECT seq FROM among)" : ""
  const matches = (match: string, rest: string) =>
    `(SELECT rowid FROM ${index} WHERE ${index} MATCH ${match} ${only} ${rest})`
  const counts = [kind, ...more].map((each) => {
    const ofOwners = matching(`'${indexed[each].mark}"'`)
    const counted = `${each === "passages" ? `AND ${rows}` : ""} LIMIT ${limits.rows}`
    return `(SELECT count(*) FROM ${matches(ofOwners, counted)}) AS ${each}`
  })
  const highest = `${more.length > 0 ? "" : `AND ${rows}`} ORDER BY rowid DESC LIMIT ${limits.perTerm * counts.length}`
  return {
    // FTS5 reads all rows of all words with a beginning, also where the newest few would do.
    manyHave: `(SELECT count(*) FROM ${matches(matching("word"), `LIMIT ${MANY}`)}) = ${MANY}`,
    found: `counted AS MATERIALIZED (SELECT ${counts.join(", ")}) SELECT *,
      (SELECT json_group_array(coalesce(row_ids, '')) FROM (
        SELECT (SELECT group_concat(rowid) FROM ${matches(matching("term"), highest)}) AS row_ids
        FROM searched WHERE ${[kind, ...more].join(" + ")} > 0 ORDER BY key)) AS postings
      FROM counted`
  }
}

/**
 * Returns the number of rows of each kind, and `postings`, a JSON list with the row ids of each term as text, the highest
 * first; among no rows, it searches nothing.
 */
const statement = (sql: SqlClient.SqlClient) => {
  const known = new Map<string, ReturnType<typeof partsOf>>()
  /** The parts are made once: a search is a part of every turn. */
  const knownParts = (kinds: Kinds, limits: SearchLimits, isAmong: boolean) => {
    const key = `${kinds.join(" ")} ${limits.rows} ${limits.perTerm} ${isAmong}`
    const parts = known.get(key) ?? partsOf(kinds, limits, isAmong)
    known.set(key, parts)
    return parts
  }
  const nothing = sql``

  return ({ among, kinds, limits, owners, terms }: Search<Kinds>) => {
    const { found, manyHave } = knownParts(kinds, limits, among !== undefined)
    const searched = terms.some(isBeginning)
      ? sql`SELECT key, iif(word IS NOT NULL AND ${sql.literal(manyHave)}, word, term) FROM (
          SELECT key, value ->> 0 AS term, value ->> 1 AS word FROM json_each(${JSON.stringify(
            terms.map((term) => [suffixOf(term), isBeginning(term) ? `${term.word}"` : null])
          )}))`
      : sql`SELECT key, value FROM json_each(${JSON.stringify(terms.map(suffixOf))})`
    return sql<Raw>`WITH owners(owner) AS MATERIALIZED (${owners}),
      ${among === undefined ? nothing : sql`among(seq) AS MATERIALIZED (${among}),`}
      searched(key, term) AS MATERIALIZED (${searched}), ${sql.literal(found)}`
  }
}

const empty: Postings = { rows: 0, postings: [] }

const ZERO = "0".charCodeAt(0)
const COMMA = ",".charCodeAt(0)

/** Reads row ids that are separated by commas. A common word has thousands: to split the list takes several times as long. */
const parseRowIds = (list: string): ReadonlyArray<number> => {
  const rowIds: Array<number> = []
  if (list === "") return rowIds
  let rowId = 0
  for (let index = 0; index < list.length; index++) {
    const code = list.charCodeAt(index)
    if (code === COMMA) {
      rowIds.push(rowId)
      rowId = 0
    } else rowId = 10 * rowId + code - ZERO
  }
  rowIds.push(rowId)
  return rowIds
}

/** Of the rows of an index, the highest first, those of one kind, with the row ids of their own table. */
const ofKind = (kind: Kind, rowIds: ReadonlyArray<number>, limit: number): ReadonlyArray<number> => {
  if (kind === "passages") return rowIds
  const firstTurn = rowIds.findIndex((rowId) => rowId < MEMORIES)
  const end = firstTurn === -1 ? rowIds.length : firstTurn
  return kind === "turns"
    ? rowIds.slice(end, end + limit)
    : rowIds.slice(0, Math.min(end, limit)).map((rowId) => rowId - MEMORIES)
}

/** The searches of the dialect. */
export const make = (sql: SqlClient.SqlClient): Dialect.Service["find"] => {
  const postings = statement(sql)
  return function find<const K extends Kinds>(
    operation: string,
    search: Search<K>
  ): Effect.Effect<Record<K[number], Postings>, StorageError> {
    const { kinds, limits, terms } = search
    const byKind = (postings: (kind: Kind) => Postings) =>
      // The entries have exactly the kinds as keys, which `fromEntries` does not express.
      Object.fromEntries(kinds.map((kind) => [kind, postings(kind)])) as Record<K[number], Postings>
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
    return Effect.flatMap(selectMany(operation, codec, postings(search)), ([first]) => {
      if (first?.truncated !== true) return Effect.succeed(first?.found ?? byKind(() => empty))
      const alone = (kind: Kind) =>
        Effect.map(find(operation, { ...search, kinds: [kind] }), (found) => [kind, found[kind]] as const)
      return Effect.map(Effect.forEach(kinds, alone), (each) => {
        const postings = new Map(each)
        return byKind((kind) => postings.get(kind) ?? empty)
      })
    })
  }
}
