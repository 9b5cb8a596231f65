import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { DocRow, Owner, Passage, Storage } from "../ports/Storage.js"
import {
  type Column,
  id,
  nullable,
  number,
  object,
  plain,
  type Raw,
  reader,
  table,
  text,
  textOrTexts
} from "./Columns.js"
import type { Commits } from "./Commits.js"
import { findable } from "./MetadataFilter.js"
import { decodeJsonRows, returnsRow, selectMany } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import * as Dialect from "./sqlite/Dialect.js"
import * as IndexMerges from "./sqlite/IndexMerges.js"
import * as Postings from "./sqlite/Postings.js"
import { indexed } from "./sqlite/SearchIndexes.js"
import { jsonRow, page } from "./Table.js"

/** SQLite limits the parameters of a statement, and a bounded length keeps the number of different statements low. */
const passagesPerStatement = 100

/** Each passage's index row repeats the title's terms; so many of them are enough to find it by. */
const MAX_TITLE_TERMS = 100

// A space precedes each term.
const titleTerms = (title: string): string =>
  indexed(title)
    .split(" ", MAX_TITLE_TERMS + 1)
    .join(" ")

/** Lets timers, sockets and other requests run between two statements of a long doc. */
const eventLoopTurn: Effect.Effect<void> = Effect.async((resume) => {
  setImmediate(() => resume(Effect.void))
})

const agentId = nullable(id("agent_id"))
const userId = id("user_id")

/** An owner is in one of two columns, so that a foreign key can cascade from either. */
const owner: Column<Owner> = {
  names: ["agent_id", "user_id"],
  write: ({ id, kind }, into) => {
    into["agent_id"] = kind === "agent" ? id : null
    into["user_id"] = kind === "user" ? id : null
  },
  read: (raw) => {
    const agent = agentId.read(raw)
    return agent === null ? { kind: "user", id: userId.read(raw) } : { kind: "agent", id: agent }
  }
}

const codec = table<DocRow>(
  "docs",
  {
    id: id("doc_id"),
    owner,
    title: text("title"),
    content: textOrTexts("content"),
    metadata: object("metadata"),
    created_at: number("created_at")
  },
  ({ metadata }) => ({ findable: findable(metadata) })
)

const passageReader = reader<Passage>("passages", "doc_id", {
  rowId: number("seq"),
  doc_id: id("doc_id"),
  owner,
  title: text("title"),
  index: number("position"),
  text: text("text")
})

const rowId = number("rowid")
const rowIdReader = { table: "the index", key: "rowid", decode: rowId.read }

/** A query for owners of docs as the index and the table of vectors name them, one `owner` a row. */
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
export const make: Effect.Effect<Storage.Service["docs"], never, SqlClient.SqlClient | Commits> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const dialect = yield* Dialect.make
    const ofOwner = (developer: string, { id, kind }: Owner) =>
      sql`developer_id = ${developer} AND ${kind === "agent" ? sql("agent_id") : sql("user_id")} = ${id}`
    const docWritten = yield* IndexMerges.make
    const passage = jsonRow(sql, "found", passageReader)
    return {
      insert: (developer, row, passages) => {
        const title_terms = titleTerms(row.title)
        const doc = sql`INSERT INTO docs ${sql.insert({ developer_id: developer, ...codec.encode(row) })}`
        const chunks = Arr.chunksOf(passages, passagesPerStatement)
        // Triggers write the index rows, and delete them when the passage is deleted.
        const write = Effect.forEach(
          chunks,
          (chunk, number) => {
            const rows = chunk.map((passage, index) => ({
              developer_id: developer,
              doc_id: row.id,
              position: number * passagesPerStatement + index,
              text: plain(passage),
              title_terms,
              terms: indexed(passage)
            }))
            const written = sql`INSERT INTO new_passages ${sql.insert(rows)}`
            return number === 0 ? written : Effect.zipRight(eventLoopTurn, written)
          },
          { discard: true }
        )
        return sql.withTransaction(Effect.all([doc, write, docWritten], { discard: true })).pipe(failsAs("docs.insert"))
      },
      // Docs never change, so the time of their last change is that of their creation.
      list: (developer, of, query) =>
        page(sql, dialect, codec, [ofOwner(developer, of)], { ...query, sort_by: "created_at" }),
      remove: (developer, of, id) =>
        returnsRow(
          "docs.remove",
          sql<Raw>`DELETE FROM docs WHERE ${ofOwner(developer, of)} AND doc_id = ${id} RETURNING seq`
        ),
      find: (developer, owners, terms, limits) =>
        Effect.map(
          Postings.find("docs.find", dialect, ["passages"], ownersOf(sql, developer, owners), terms, limits),
          ({ passages }) => passages
        ),
      best: (developer, owners, terms, limit) =>
        selectMany("docs.best", rowIdReader, dialect.best(ownersOf(sql, developer, owners), terms, limit)),
      at: (developer, rowIds) =>
        decodeJsonRows(
          "docs.at",
          passageReader,
          sql<{ readonly rows: string }>`SELECT json_group_array(${passage}) AS rows FROM (
            SELECT p.seq, p.doc_id, d.agent_id, d.user_id, d.title, p.position, p.text
            FROM passages p JOIN docs d ON d.developer_id = p.developer_id AND d.doc_id = p.doc_id
            WHERE p.developer_id = ${developer} AND p.seq IN (SELECT value FROM json_each(${JSON.stringify(rowIds)}))) found`
        )
    }
  }
)
