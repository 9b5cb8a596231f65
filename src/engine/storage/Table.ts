import type * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { ListQuery, Table } from "../ports/Storage.js"
import { type Codec, many, one, type Raw, run, touched } from "./Columns.js"
import type { Dialect } from "./sqlite/Dialect.js"

/** The columns of a table, which are constants: one literal costs less per statement than a list of identifiers. */
export const columns = (sql: SqlClient.SqlClient, names: ReadonlyArray<string>): Fragment =>
  sql`${sql.literal(names.join(", "))}`

/**
 * A row as one text of JSON, with these columns of a table: of many rows, because the native code takes longer to make
 * rows than the database to find them.
 */
export const jsonRow = (sql: SqlClient.SqlClient, table: string, names: ReadonlyArray<string>): Fragment =>
  sql`${sql.literal(`json_object(${names.map((name) => `'${name}', ${table}.${name}`).join(", ")})`)}`

/** `ASC` or `DESC`, which cannot be bound. */
export const direction = (sql: SqlClient.SqlClient, order: "asc" | "desc"): Fragment =>
  order === "asc" ? sql`ASC` : sql`DESC`

/** The page of a table's rows that meet some conditions and a metadata filter. */
export const page = <Row>(
  sql: SqlClient.SqlClient,
  dialect: Dialect,
  codec: Codec<Row>,
  conditions: ReadonlyArray<Fragment>,
  query: ListQuery
) => {
  const metadata = dialect.metadata(query.metadata_filter)
  if (metadata === undefined) return Effect.succeed([])
  const order = direction(sql, query.order)
  return many(
    `${codec.table}.list`,
    codec,
    sql<Raw>`SELECT ${columns(sql, codec.columns)} FROM ${sql(codec.table)}
      WHERE ${sql.and([...conditions, ...metadata])} ORDER BY ${sql(query.sort_by)} ${order}, seq ${order}
      LIMIT ${query.limit} OFFSET ${query.offset}`
  )
}

/** A table whose rows belong to the developer alone. */
export const make = <Row extends { readonly id: string }>(
  sql: SqlClient.SqlClient,
  dialect: Dialect,
  codec: Codec<Row>
): Table<Row> => {
  const table = sql(codec.table)
  const key = sql(codec.key)
  const all = columns(sql, codec.columns)
  return {
    insert: (developer, row) =>
      run(
        `${codec.table}.insert`,
        sql`INSERT INTO ${table} ${sql.insert({ developer_id: developer, ...codec.encode(row) })}`
      ),
    get: (developer, id) =>
      one(
        `${codec.table}.get`,
        codec,
        sql<Raw>`SELECT ${all} FROM ${table} WHERE developer_id = ${developer} AND ${key} = ${id}`
      ),
    exists: (developer, id) =>
      touched(
        `${codec.table}.exists`,
        sql<Raw>`SELECT 1 FROM ${table} WHERE developer_id = ${developer} AND ${key} = ${id}`
      ),
    list: (developer, query) => page(sql, dialect, codec, [sql`developer_id = ${developer}`], query),
    update: (developer, row) =>
      run(
        `${codec.table}.update`,
        sql`UPDATE ${table} SET ${sql.update(codec.encode(row), [codec.key])}
          WHERE developer_id = ${developer} AND ${key} = ${row.id}`
      ),
    remove: (developer, id) =>
      touched(
        `${codec.table}.remove`,
        sql<Raw>`DELETE FROM ${table} WHERE developer_id = ${developer} AND ${key} = ${id} RETURNING seq`
      )
  }
}
