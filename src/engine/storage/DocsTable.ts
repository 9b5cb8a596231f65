import * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JsonObject } from "../../schema/Field.js"
import type {
  DocRow,
  DocSource,
  Owner,
  Passage,
  Postings as PostingsFound,
  Storage,
  StorageError
} from "../ports/Storage.js"
import { startOf } from "../text/Sentences.js"
import { termsOf } from "../text/Words.js"
import {
  type Column,
  id,
  nullable,
  number,
  numbers,
  object,
  plain,
  type Raw,
  reader,
  table,
  text,
  textOrTexts
} from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { metadataPairs } from "./MetadataFilter.js"
import type { Purge } from "./Purge.js"
import { selectMany, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import { columnList, filteredPage, readFiltered, removing, within } from "./Table.js"

/** Each passage repeats the title of its doc: of a longer one this many characters, and in the index this many terms. */
const MAX_TITLE = 1000
const MAX_TITLE_TERMS = 100

const titleTerms = (title: string): ReadonlyArray<string> =>
  termsOf(startOf(title, MAX_TITLE)).slice(0, MAX_TITLE_TERMS)

/** The title that the passages of a doc `d` have. */
export const titleOf = (sql: SqlClient.SqlClient): Fragment => sql.literal(`substr(d.title, 1, ${MAX_TITLE}) AS title`)

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

/** The columns of docs. */
export const codec = table<DocRow>(
  "docs",
  {
    id: id("doc_id"),
    owner,
    key: nullable(text("key")),
    title: text("title"),
    content: textOrTexts("content"),
    metadata: object("metadata"),
    created_at: number("created_at")
  },
  ({ metadata }) => ({ metadata_pairs: metadataPairs(metadata) })
)

const passageReader = reader<Passage>("passages", "doc_id", {
  rowId: number("seq"),
  doc_id: id("doc_id"),
  owner,
  title: text("title"),
  index: number("position"),
  text: text("text")
})

const passageCount = number("passages")
const sourceReader = reader<DocSource>("docs", "doc_id", {
  id: id("doc_id"),
  title: text("title"),
  content: textOrTexts("content"),
  passages: passageCount
})

/** All docs of an owner. */
const everything = { limit: Number.POSITIVE_INFINITY, order: "asc", sort_by: "created_at" } as const

const noPostings = (terms: ReadonlyArray<unknown>): PostingsFound => ({ rows: 0, postings: terms.map(() => []) })

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

const seqs = numbers("seqs")
const matchingReader = { table: "docs", key: "seqs", decode: seqs.read }

const withSeqs = (
  sql: SqlClient.SqlClient,
  dialect: Dialect.Service,
  developer: string,
  seqs: ReadonlyArray<number>
): Fragment => sql`${dialect.unindexed("developer_id")} = ${developer} AND ${dialect.among("seq", seqs)}`

/** Selects the ids of the docs of some owners that a metadata filter matches; `undefined` if it matches none. */
export const matchingDocs = (
  sql: SqlClient.SqlClient,
  dialect: Dialect.Service,
  developer: string,
  owners: ReadonlyArray<Owner>,
  filter: JsonObject
): Effect.Effect<Fragment | undefined, StorageError> => {
  const metadata = dialect.metadata(filter)
  if (metadata === undefined) return Effect.succeed(undefined)
  const matching = (owner: Owner) => {
    const conditions = [isOf(sql, developer, owner)]
    // The sequences of a slice as one list: it may take long to build rows.
    return readFiltered(sql, codec, conditions, everything, (slice) => {
      const all = [...conditions, ...metadata, ...within(sql, everything, slice)]
      const seqs = sql<Raw>`SELECT ${dialect.jsonList(sql`seq`)} AS seqs FROM docs WHERE ${sql.and(all)}`
      return Effect.map(selectMany("docs.matching", matchingReader, seqs), Arr.flatten)
    })
  }
  return Effect.map(Effect.forEach(owners, matching), (found) => {
    const seqs = found.flat()
    return seqs.length === 0 ? undefined : sql`SELECT doc_id FROM docs WHERE ${withSeqs(sql, dialect, developer, seqs)}`
  })
}

const isOf = (sql: SqlClient.SqlClient, developer: string, { id, kind }: Owner) =>
  sql`developer_id = ${developer} AND ${kind === "agent" ? sql("agent_id") : sql("user_id")} = ${id}`

/** The tables of docs and of their passages, and the index of these. */
export const make = (purge: Purge): Effect.Effect<Storage.Service["docs"], never, SqlClient.SqlClient | Dialect> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const dialect = yield* Dialect
    const ofOwner = (developer: string, of: Owner) => isOf(sql, developer, of)
    const title = titleOf(sql)
    const all = columnList(sql, codec)
    const readPassages = dialect.readMany("docs.at", "found", passageReader)
    const writePassages = (
      developer: string,
      doc: Pick<DocRow, "id" | "title">,
      position: number,
      passages: ReadonlyArray<string>
    ) => {
      const ofTitle = titleTerms(doc.title)
      const rows = passages.map((passage, index) => ({
        position: position + index,
        text: plain(passage),
        terms: [...ofTitle, ...termsOf(passage)]
      }))
      return dialect.insertPassages(developer, doc.id, rows)
    }
    /** A doc, and how many of its passages are written. */
    const writtenOf = (developer: string, id: string, columns: Fragment) =>
      sql<Raw>`SELECT doc_id, ${columns}(
          SELECT coalesce(max(position) + 1, 0) FROM passages WHERE developer_id = ${developer} AND doc_id = ${id}) AS passages
        FROM docs WHERE developer_id = ${developer} AND doc_id = ${id}`
    return {
      insert: (developer, row, passages) => {
        const doc = dialect.insert("docs", { developer_id: developer, ...codec.encode(row) })
        const write = writePassages(developer, row, 0, passages)
        return sql.withTransaction(Effect.zipRight(doc, write)).pipe(failsAs("docs.insert"))
      },
      source: (developer, id) =>
        selectOne("docs.source", sourceReader, writtenOf(developer, id, sql`title, content, `)),
      append: Effect.fnUntraced(
        function* (developer, doc, position, passages) {
          const [row] = yield* writtenOf(developer, doc.id, sql``)
          if (row === undefined) return false
          const written = Math.max(position, passageCount.read(row))
          yield* writePassages(developer, doc, written, passages.slice(written - position))
          return true
        },
        sql.withTransaction,
        failsAs("docs.append")
      ),
      get: (developer, of, id) =>
        selectOne(
          "docs.get",
          codec,
          sql<Raw>`SELECT ${all} FROM docs WHERE ${ofOwner(developer, of)} AND doc_id = ${id}`
        ),
      byKey: (developer, of, key) =>
        selectOne(
          "docs.byKey",
          codec,
          sql<Raw>`SELECT ${all} FROM docs WHERE ${ofOwner(developer, of)} AND key = ${key} ${dialect.lockRow}`
        ),
      prune: Effect.fnUntraced(
        function* (developer, of, keep, after, limit) {
          const rows = yield* sql<{ readonly seq: number; readonly key: string }>`SELECT seq, key FROM docs
            WHERE ${ofOwner(developer, of)} AND key > ${after} ORDER BY key LIMIT ${limit}`
          const gone = rows.filter(({ key }) => !keep.has(key))
          if (gone.length > 0) {
            yield* dialect.remove(
              "docs",
              withSeqs(
                sql,
                dialect,
                developer,
                Arr.map(gone, ({ seq }) => seq)
              )
            )
            yield* purge
          }
          const last = rows.length < limit ? undefined : rows.at(-1)?.key
          return { deleted: gone.map(({ key }) => key), last: Option.fromNullable(last) }
        },
        sql.withTransaction,
        failsAs("docs.prune")
      ),
      // Docs never change, so the time of their last change is that of their creation.
      list: (developer, of, query) =>
        filteredPage(sql, dialect, codec, [ofOwner(developer, of)], { ...query, sort_by: "created_at" }),
      remove: removing(
        sql,
        (developer: string, of: Owner, id: string) =>
          Effect.map(
            failsAs("docs.remove")(dialect.removeCounted("docs", sql`${ofOwner(developer, of)} AND doc_id = ${id}`)),
            (removed) => removed > 0
          ),
        purge
      ),
      find: (developer, owners, terms, limits, filter) => {
        const search = {
          developer,
          kinds: ["passages"],
          owners: ownersOf(sql, developer, owners),
          terms,
          limits
        } as const
        const found = (among?: Fragment) =>
          Effect.map(dialect.find("docs.find", { among, ...search }), ({ passages }) => passages)
        if (filter === undefined || Object.keys(filter).length === 0) return found()
        return Effect.flatMap(matchingDocs(sql, dialect, developer, owners, filter), (docs) =>
          docs === undefined
            ? Effect.succeed(noPostings(terms))
            : found(sql`SELECT p.seq FROM (${docs}) d
                ${dialect.inOrder} passages p ON p.developer_id = ${developer} AND p.doc_id = d.doc_id`)
        )
      },
      at: (developer, rowIds) =>
        readPassages(sql`(
          SELECT p.seq, p.doc_id, d.agent_id, d.user_id, ${title}, p.position, p.text
          FROM passages p JOIN docs d ON d.developer_id = p.developer_id AND d.doc_id = p.doc_id
          WHERE p.developer_id = ${developer} AND ${dialect.among("p.seq", rowIds)}) found`)
    }
  })
