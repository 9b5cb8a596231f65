/** The parts that statements of several tables share. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { ListQuery, Page, PageQuery, StorageError, Table } from "../ports/Storage.js"
import { type Codec, number, type Raw, type Reader } from "./Columns.js"
import { returnsRow, run, selectMany, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import type { Dialect } from "./sqlite/Dialect.js"
import type { Purge } from "./sqlite/Purge.js"

/** The columns of a reader. They are constants: one literal costs less per statement than a list of identifiers. */
export const columnList = (sql: SqlClient.SqlClient, { columns }: Pick<Reader<unknown>, "columns">): Fragment =>
  sql`${sql.literal(columns.join(", "))}`

/**
 * A row of a table, or of an alias of one, as one JSON text with the columns of a reader. For queries of many rows: the
 * native code takes longer to build rows than the database takes to find them.
 */
export const jsonRow = (
  sql: SqlClient.SqlClient,
  table: string,
  { columns }: Pick<Reader<unknown>, "columns">
): Fragment => sql`${sql.literal(`json_object(${columns.map((name) => `'${name}', ${table}.${name}`).join(", ")})`)}`

/** `ASC` or `DESC`, which cannot be bound. */
export const direction = (sql: SqlClient.SqlClient, order: "asc" | "desc"): Fragment =>
  order === "asc" ? sql`ASC` : sql`DESC`

const seq = number("seq")

/** The order of a page: by a time and, where it is equal, by the sequence, or by the sequence alone. */
interface Sorted extends PageQuery {
  readonly order: "asc" | "desc"
  readonly sort_by: "created_at" | "updated_at" | "seq"
}

/** The page of a table's rows that meet some conditions. */
export const page = <Row>(
  sql: SqlClient.SqlClient,
  codec: Codec<Row>,
  conditions: ReadonlyArray<Fragment>,
  { after, limit, offset, order, sort_by }: Sorted
): Effect.Effect<Page<Row>, StorageError> => {
  const at = number(sort_by)
  const positioned = {
    ...codec,
    decode: (raw: Raw) => ({ row: codec.decode(raw), position: { at: at.read(raw), seq: seq.read(raw) } })
  }
  const sign = sql.literal(order === "asc" ? ">" : "<")
  const behind =
    after === undefined
      ? []
      : [
          sort_by === "seq"
            ? sql`seq ${sign} ${after.seq}`
            : sql`(${sql(sort_by)}, seq) ${sign} (${after.at}, ${after.seq})`
        ]
  const by = direction(sql, order)
  return Effect.map(
    selectMany(
      `${codec.table}.list`,
      positioned,
      sql<Raw>`SELECT ${columnList(sql, codec)}, seq FROM ${sql(codec.table)}
        WHERE ${sql.and([...conditions, ...behind])} ORDER BY ${sort_by === "seq" ? sql`` : sql`${sql(sort_by)} ${by},`} seq ${by}
        LIMIT ${limit} OFFSET ${offset}`
    ),
    (found) => ({
      rows: found.map(({ row }) => row),
      next: found.length < limit ? undefined : found.at(-1)?.position
    })
  )
}

/** The page of a table's rows that meet some conditions and a metadata filter. */
export const filteredPage = <Row>(
  sql: SqlClient.SqlClient,
  dialect: Dialect,
  codec: Codec<Row>,
  conditions: ReadonlyArray<Fragment>,
  query: ListQuery
) => {
  const metadata = dialect.metadata(query.metadata_filter)
  return metadata === undefined
    ? Effect.succeed({ rows: [], next: undefined })
    : page(sql, codec, [...conditions, ...metadata], query)
}

/** A `remove` that also deletes the passages of the docs that it deletes. */
export const removing =
  <Args extends ReadonlyArray<unknown>>(
    sql: SqlClient.SqlClient,
    remove: (...args: Args) => Effect.Effect<boolean, StorageError>,
    purge: Purge
  ) =>
  (...args: Args): Effect.Effect<boolean, StorageError> =>
    remove(...args).pipe(
      Effect.tap((removed) => (removed ? purge : Effect.void)),
      sql.withTransaction,
      failsAs("purge")
    )

/** A table whose rows belong to the developer alone. */
export const make = <Row extends { readonly id: string }>(
  sql: SqlClient.SqlClient,
  dialect: Dialect,
  codec: Codec<Row>
): Table<Row> => {
  const table = sql(codec.table)
  const key = sql(codec.key)
  const all = columnList(sql, codec)
  return {
    insert: (developer, row) =>
      run(
        `${codec.table}.insert`,
        sql`INSERT INTO ${table} ${sql.insert({ developer_id: developer, ...codec.encode(row) })}`
      ),
    get: (developer, id) =>
      selectOne(
        `${codec.table}.get`,
        codec,
        sql<Raw>`SELECT ${all} FROM ${table} WHERE developer_id = ${developer} AND ${key} = ${id}`
      ),
    exists: (developer, id) =>
      returnsRow(
        `${codec.table}.exists`,
        sql<Raw>`SELECT 1 FROM ${table} WHERE developer_id = ${developer} AND ${key} = ${id}`
      ),
    list: (developer, query) => filteredPage(sql, dialect, codec, [sql`developer_id = ${developer}`], query),
    update: (developer, row) =>
      run(
        `${codec.table}.update`,
        sql`UPDATE ${table} SET ${sql.update(codec.encode(row), [codec.key])}
          WHERE developer_id = ${developer} AND ${key} = ${row.id}`
      ),
    remove: (developer, id) =>
      returnsRow(
        `${codec.table}.remove`,
        sql<Raw>`DELETE FROM ${table} WHERE developer_id = ${developer} AND ${key} = ${id} RETURNING seq`
      )
  }
}
