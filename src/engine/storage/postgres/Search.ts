/** The search of the indexes for terms. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Postings, StorageError } from "../../ports/Storage.js"
import { number, type Raw } from "../Columns.js"
import type { Kind, Search } from "../Dialect.js"
import { selectMany } from "../Select.js"
import { indexPrefix, indexTerm } from "./IndexTerms.js"

/** A word that so many rows contain as it is, is not searched in its other forms. */
const MANY = 500

/** The last character. */
const LAST = "\u{10FFFF}"

const tables: Readonly<Record<Kind, string>> = {
  passages: "passage_terms",
  turns: "recall_terms",
  memories: "recall_terms"
}

/** What comes before an owner in the keys of a kind. */
const marks: Readonly<Record<Kind, string>> = { passages: "", turns: "", memories: "m" }

/** The kinds that share the table of a kind. */
const beside = (kind: Kind): ReadonlyArray<Kind> => (kind === "passages" ? ["passages"] : ["turns", "memories"])

/** Reads row ids, which the database writes as 8 bytes each: a list of numbers in a text takes several times as long. */
const placesOf = (value: unknown): ReadonlyArray<number> => {
  if (!(value instanceof Uint8Array)) return []
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return Array.from({ length: value.byteLength / 8 }, (_, index) => {
    const at = 8 * index
    // The numbers are below 2^53.
    return view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4)
  })
}

/** Which rows of some owners contain each of some terms: see `Dialect`. */
export const make = Effect.map(SqlClient.SqlClient, (sql) => {
  const nothing = sql``
  const constant = (value: number) => sql.literal(String(value))
  const last = sql.literal(`'${LAST}'`)

  return <const Kinds extends Arr.NonEmptyReadonlyArray<Kind>>(
    operation: string,
    { among, developer, kinds, limits: { perTerm, rows }, owners, terms }: Search<Kinds>
  ): Effect.Effect<Record<Kinds[number], Postings>, StorageError> => {
    const byKind = <A>(make: (kind: Kind) => A) =>
      // The entries have exactly the kinds as keys, which `fromEntries` does not express.
      Object.fromEntries(kinds.map((kind) => [kind, make(kind)])) as Record<Kinds[number], A>
    if (terms.length === 0) return Effect.succeed(byKind(() => ({ rows: 0, postings: [] })))

    const exists = sql`(NOT EXISTS (SELECT 1 FROM deleted_docs WHERE developer_id = ${developer}) OR row_id NOT IN (
      SELECT p.seq FROM deleted_docs d JOIN passages p ON p.developer_id = d.developer_id AND p.doc_id = d.doc_id
      WHERE d.developer_id = ${developer}))`
    /** The condition of the rows of a kind with a key. `IS TRUE` keeps the database from searching for each row of `among`. */
    const where = (kind: Kind, key: Fragment) =>
      sql`developer_id = ${developer} AND ${key} ${kind === "passages" ? sql`AND ${exists}` : nothing}
        ${among === undefined ? nothing : sql`AND (row_id IN (SELECT seq FROM among)) IS TRUE`}`
    const keyOf = (kind: Kind, term: Fragment) => sql`${sql.literal(`'${marks[kind]}'`)} || owner || '.' || ${term}`
    /** The highest row ids with a key, of every owner. */
    const highest = (kind: Kind, term: Fragment, limit: number) => sql`SELECT row_id FROM owners CROSS JOIN LATERAL (
        SELECT row_id FROM ${sql(tables[kind])} WHERE ${where(kind, sql`key = ${keyOf(kind, term)}`)}
        ORDER BY row_id DESC LIMIT ${constant(limit)}) found`
    const list = (row_ids: Fragment) => sql`(SELECT string_agg(int8send(row_id), ''::bytea ORDER BY row_id DESC) FROM (
      ${row_ids} ORDER BY row_id DESC LIMIT ${constant(perTerm)}) highest)`
    const exact = (kind: Kind) => list(highest(kind, sql`term`, perTerm))

    const hasPrefixes = terms.some(({ prefix }) => prefix)
    const [first] = kinds
    /** All row ids with a beginning of a key have to be read to find the highest. */
    const beginning = (kind: Kind) =>
      list(sql`SELECT DISTINCT row_id FROM owners CROSS JOIN LATERAL (
        SELECT row_id FROM ${sql(tables[kind])}
        WHERE ${where(kind, sql`key >= ${keyOf(kind, sql`term`)} AND key < ${keyOf(kind, sql`term`)} || ${last}`)}) found`)
    const many = sql`(SELECT count(*) FROM (${sql.join(
      " UNION ALL ",
      false
    )(
      beside(first).map((kind) => sql`(${highest(kind, sql`word`, MANY)})`)
    )} LIMIT ${constant(MANY)}) rows) = ${constant(MANY)}`
    const searched = hasPrefixes
      ? sql`SELECT at, CASE WHEN is_many THEN word ELSE term END AS term, prefix AND NOT is_many AS prefix FROM (
          SELECT at, term, word, prefix, word IS NOT NULL AND ${many} AS is_many FROM unnest(
            ${terms.map(({ prefix, stem }) => (prefix ? indexPrefix(stem) : indexTerm(stem)))}::text[],
            ${terms.map(({ prefix, stem, word }) => (prefix && stem !== word ? indexTerm(word) : null))}::text[],
            ${terms.map(({ prefix }) => prefix)}::boolean[]
          ) WITH ORDINALITY AS given(term, word, prefix, at) OFFSET 0) counted`
      : sql`SELECT at, term FROM unnest(${terms.map(({ stem }) => indexTerm(stem))}::text[]) WITH ORDINALITY AS given(term, at)`
    const columns = kinds.flatMap((kind) => [
      sql`(SELECT count(*) FROM (${highest(kind, sql`''`, rows)} LIMIT ${constant(rows)}) counted) AS ${sql(`${kind}_rows`)}`,
      sql`${hasPrefixes ? sql`CASE WHEN prefix THEN ${beginning(kind)} ELSE ${exact(kind)} END` : exact(kind)} AS ${sql(kind)}`
    ])
    const decoder = {
      table: "the index",
      key: "at",
      decode: (raw: Raw) => byKind((kind) => ({ rows: number(`${kind}_rows`).read(raw), row_ids: placesOf(raw[kind]) }))
    }
    return Effect.map(
      selectMany(
        operation,
        decoder,
        sql<Raw>`WITH owners(owner) AS MATERIALIZED (${owners})${
          among === undefined ? nothing : sql`, among(seq) AS MATERIALIZED (${among})`
        }, searched AS MATERIALIZED (${searched})
        SELECT at, ${sql.csv(columns)} FROM searched ORDER BY at`
      ),
      (found) =>
        byKind((kind: Kinds[number]) => ({
          rows: found[0]?.[kind].rows ?? 0,
          postings: found.map((row) => row[kind].row_ids)
        }))
    )
  }
})
