import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { DocRow, Owner, Passage, Storage } from "../ports/Storage.js"
import {
  type Codec,
  listed,
  many,
  number,
  object,
  plain,
  type Raw,
  run,
  text,
  textOrNull,
  textOrTexts,
  touched
} from "./Columns.js"
import { failsAs } from "./Failure.js"
import { findable } from "./Metadata.js"
import * as Dialect from "./sqlite/Dialect.js"
import * as Postings from "./sqlite/Postings.js"
import { indexed } from "./sqlite/SearchIndexes.js"
import { jsonRow, page } from "./Table.js"

/** A statement has a limit of parameters, and a bounded length keeps the number of different statements low. */
const passagesPerStatement = 100

/** The index tidies itself as it is written, and costs its searches little until this many docs later. */
const docsPerTidying = 16

const owner = (raw: Raw): Owner => {
  const agent = textOrNull(raw, "agent_id")
  return agent === null ? { kind: "user", id: text(raw, "user_id") } : { kind: "agent", id: agent }
}

const codec: Codec<DocRow> = {
  table: "docs",
  key: "doc_id",
  columns: ["doc_id", "agent_id", "user_id", "title", "content", "metadata", "created_at"],
  encode: (row) => ({
    doc_id: row.id,
    agent_id: row.owner.kind === "agent" ? row.owner.id : null,
    user_id: row.owner.kind === "user" ? row.owner.id : null,
    title: plain(row.title),
    content: JSON.stringify(row.content),
    metadata: JSON.stringify(row.metadata),
    findable: findable(row.metadata),
    created_at: row.created_at
  }),
  decode: (raw) => ({
    id: text(raw, "doc_id"),
    owner: owner(raw),
    title: text(raw, "title"),
    content: textOrTexts(raw, "content"),
    metadata: object(raw, "metadata"),
    created_at: number(raw, "created_at")
  })
}

/** How passages are read. */
const passageCodec = {
  table: "passages",
  key: "doc_id",
  columns: ["seq", "doc_id", "agent_id", "user_id", "title", "position", "text"],
  decode: (raw: Raw): Passage => ({
    rowId: number(raw, "seq"),
    doc_id: text(raw, "doc_id"),
    owner: owner(raw),
    title: text(raw, "title"),
    index: number(raw, "position"),
    text: text(raw, "text")
  })
}

const rowIdCodec = { table: "the index", key: "rowid", decode: (raw: Raw): number => number(raw, "rowid") }

/** Those who own docs, as the index and the table of vectors know them. */
export const ownersOf = (sql: SqlClient.SqlClient, developer: string, owners: ReadonlyArray<Owner>): Fragment =>
  owners.length === 0
    ? sql`SELECT '' AS owner WHERE FALSE`
    : sql.join(
        " UNION ALL ",
        false
      )(
        owners.map(({ id, kind }) =>
          kind === "agent"
            ? sql`SELECT 'a' || seq AS owner FROM agents WHERE developer_id = ${developer} AND agent_id = ${id}`
            : sql`SELECT 'u' || seq AS owner FROM users WHERE developer_id = ${developer} AND user_id = ${id}`
        )
      )

/** The tables of docs and of their passages, and the index of these. */
export const make: Effect.Effect<Storage.Service["docs"], never, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const dialect = yield* Dialect.make
  const ofOwner = (developer: string, { id, kind }: Owner) =>
    sql`developer_id = ${developer} AND ${kind === "agent" ? sql("agent_id") : sql("user_id")} = ${id}`
  const passage = jsonRow(sql, "found", passageCodec.columns)
  let written = 0
  return {
    insert: (developer, row, passages) => {
      written++
      const title_terms = indexed(row.title)
      const rows = passages.map((passage, position) => ({
        developer_id: developer,
        doc_id: row.id,
        position,
        text: plain(passage),
        title_terms,
        terms: indexed(passage)
      }))
      const doc = sql`INSERT INTO docs ${sql.insert({ developer_id: developer, ...codec.encode(row) })}`
      // Triggers write the index rows, and delete them with their passage.
      const write = Effect.forEach(
        Arr.chunksOf(rows, passagesPerStatement),
        (chunk) => sql`INSERT INTO new_passages ${sql.insert(chunk)}`,
        { discard: true }
      )
      return sql.withTransaction(Effect.zipRight(doc, write)).pipe(failsAs("docs.insert"))
    },
    // Docs do not change, so their last change is their creation.
    list: (developer, of, query) =>
      page(sql, dialect, codec, [ofOwner(developer, of)], { ...query, sort_by: "created_at" }),
    remove: (developer, of, id) =>
      touched(
        "docs.remove",
        sql<Raw>`DELETE FROM docs WHERE ${ofOwner(developer, of)} AND doc_id = ${id} RETURNING seq`
      ),
    find: (developer, owners, terms, limits) =>
      Effect.map(
        Postings.find("docs.find", dialect, ["passages"], ownersOf(sql, developer, owners), terms, limits),
        ({ passages }) => passages
      ),
    best: (developer, owners, terms, limit) =>
      many("docs.best", rowIdCodec, dialect.best(ownersOf(sql, developer, owners), terms, limit)),
    at: (developer, rowIds) =>
      listed(
        "docs.at",
        passageCodec,
        sql<{ readonly rows: string }>`SELECT json_group_array(${passage}) AS rows FROM (
            SELECT p.seq, p.doc_id, d.agent_id, d.user_id, d.title, p.position, p.text
            FROM passages p JOIN docs d ON d.developer_id = p.developer_id AND d.doc_id = p.doc_id
            WHERE p.developer_id = ${developer} AND p.seq IN (SELECT value FROM json_each(${JSON.stringify(rowIds)}))) found`
      ),
    compact: Effect.suspend(() => {
      if (written < docsPerTidying) return Effect.void
      written = 0
      return run("docs.compact", dialect.compact("passages_fts"))
    })
  }
})
