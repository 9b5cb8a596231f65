/** The parts that statements of several tables share. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Cursor, ListQuery, Page, PageQuery, StorageError, Table } from "../ports/Storage.js"
import { type Codec, number, type Raw, type Reader } from "./Columns.js"
import type { Dialect } from "./Dialect.js"
import type { Purge } from "./Purge.js"
import { returnsRow, run, selectMany, selectOne } from "./Select.js"
import { readInSlices } from "./Slices.js"
import { failsAs } from "./SqlErrors.js"

/** The columns of a reader. They are constants: one literal costs less per statement than a list of identifiers. */
export const columnList = (sql: SqlClient.SqlClient, { columns }: Pick<Reader<unknown>, "columns">): Fragment =>
  sql`${sql.literal(columns.join(", "))}`

/** `ASC` or `DESC`, which cannot be bound. */
export const direction = (sql: SqlClient.SqlClient, order: "asc" | "desc"): Fragment =>
  order === "asc" ? sql`ASC` : sql`DESC`

const seq = number("seq")

/** The order of a page: by a time and, where it is equal, by the sequence, or by the sequence alone. */
interface Sorted extends PageQuery {
  readonly order: "asc" | "desc"
  readonly sort_by: "created_at" | "updated_at" | "seq"
}

/** A row with its position. */
interface Positioned<Row> {
  readonly row: Row
  readonly position: Cursor
}

/** Which part of a list: the rows behind `after`, up to `through`. */
interface Range {
  readonly after?: Cursor | undefined
  readonly through?: Cursor | undefined
}

/** The conditions of a part of a list. */
export const within = (
  sql: SqlClient.SqlClient,
  { order, sort_by }: Pick<Sorted, "order" | "sort_by">,
  { after, through }: Range
): ReadonlyArray<Fragment> => {
  const compared = (sign: string, position: Cursor | undefined) => {
    if (position === undefined) return []
    return sort_by === "seq"
      ? [sql`seq ${sql.literal(sign)} ${position.seq}`]
      : [sql`(${sql(sort_by)}, seq) ${sql.literal(sign)} (${position.at}, ${position.seq})`]
  }
  const isAscending = order === "asc"
  return [...compared(isAscending ? ">" : "<", after), ...compared(isAscending ? "<=" : ">=", through)]
}

/** The rows that meet some conditions, each with its position: those behind `after`, up to `through`. */
const positioned = <Row>(
  sql: SqlClient.SqlClient,
  codec: Reader<Row>,
  conditions: ReadonlyArray<Fragment>,
  query: Sorted & Range
): Effect.Effect<ReadonlyArray<Positioned<Row>>, StorageError> => {
  const { limit, offset, order, sort_by } = query
  const at = number(sort_by)
  const decoder = {
    ...codec,
    decode: (raw: Raw) => ({ row: codec.decode(raw), position: { at: at.read(raw), seq: seq.read(raw) } })
  }
  const all = [...conditions, ...within(sql, query, query)]
  const by = direction(sql, order)
  return selectMany(
    `${codec.table}.list`,
    decoder,
    sql<Raw>`SELECT ${columnList(sql, codec)}, seq FROM ${sql(codec.table)}
      WHERE ${sql.and(all)} ORDER BY ${sort_by === "seq" ? sql`` : sql`${sql(sort_by)} ${by},`} seq ${by}
      LIMIT ${limit} OFFSET ${offset}`
  )
}

const pageOf = <Row>(found: ReadonlyArray<Positioned<Row>>, limit: number): Page<Row> => ({
  rows: found.map(({ row }) => row),
  next: found.length < limit ? undefined : found.at(-1)?.position
})

const nothing: Page<never> = { rows: [], next: undefined }

/** The page of a table's rows that meet some conditions. */
export const page = <Row>(
  sql: SqlClient.SqlClient,
  codec: Codec<Row>,
  conditions: ReadonlyArray<Fragment>,
  query: Sorted
): Effect.Effect<Page<Row>, StorageError> =>
  Effect.map(positioned(sql, codec, conditions, query), (found) => pageOf(found, query.limit))

/** A list whose rows are filtered. */
type Filtered = Omit<ListQuery, "metadata_filter" | "offset">

/** Reads the positions of rows alone. */
const positionsOf = ({ key, table }: Reader<unknown>, { sort_by }: Pick<ListQuery, "sort_by">): Reader<undefined> => ({
  table,
  key,
  columns: [sort_by],
  decode: () => undefined
})

/** What `read` finds in slices of the rows that meet some conditions. Others use the store in the meantime. */
export const readFiltered = <A>(
  sql: SqlClient.SqlClient,
  codec: Reader<unknown>,
  conditions: ReadonlyArray<Fragment>,
  query: Filtered,
  read: (slice: Range & { readonly limit: number }) => Effect.Effect<ReadonlyArray<A>, StorageError>
): Effect.Effect<ReadonlyArray<A>, StorageError> => {
  const positions = positionsOf(codec, query)
  return readInSlices<A, Cursor>(query.limit, query.after, (after, size) =>
    Effect.flatMap(
      positioned(sql, positions, conditions, { ...query, after, offset: size - 1, limit: 1 }),
      ([last]) => {
        const end = last?.position
        const slice = { after, through: end, limit: Math.min(size, query.limit) }
        return Effect.map(read(slice), (found) => ({ found, end }))
      }
    )
  )
}

/** The rows that meet some conditions and a metadata filter. */
const filteredRows = <Row>(
  sql: SqlClient.SqlClient,
  codec: Reader<Row>,
  conditions: ReadonlyArray<Fragment>,
  metadata: ReadonlyArray<Fragment>,
  query: Filtered
): Effect.Effect<ReadonlyArray<Positioned<Row>>, StorageError> =>
  readFiltered(sql, codec, conditions, query, (slice) =>
    positioned(sql, codec, [...conditions, ...metadata], { ...query, ...slice, offset: 0 })
  )

/** The page of a table's rows that meet some conditions and a metadata filter. */
export const filteredPage = Effect.fnUntraced(function* <Row>(
  sql: SqlClient.SqlClient,
  dialect: Dialect.Service,
  codec: Codec<Row>,
  conditions: ReadonlyArray<Fragment>,
  query: ListQuery
): Effect.fn.Return<Page<Row>, StorageError> {
  const metadata = dialect.metadata(query.metadata_filter)
  if (metadata === undefined) return nothing
  if (metadata.length === 0) return yield* page(sql, codec, conditions, query)
  const { limit, offset } = query
  const skip = filteredRows(sql, positionsOf(codec, query), conditions, metadata, { ...query, limit: offset })
  const skipped = offset === 0 ? [] : yield* skip
  if (skipped.length < offset) return nothing
  const after = skipped.at(-1)?.position ?? query.after
  return pageOf(yield* filteredRows(sql, codec, conditions, metadata, { ...query, after }), limit)
})

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
  dialect: Dialect.Service,
  codec: Codec<Row>
): Table<Row> => {
  const table = sql(codec.table)
  const key = sql(codec.key)
  const all = columnList(sql, codec)
  const get = (developer: string, id: string, lock: Fragment) =>
    selectOne(
      `${codec.table}.get`,
      codec,
      sql<Raw>`SELECT ${all} FROM ${table} WHERE developer_id = ${developer} AND ${key} = ${id} ${lock}`
    )
  const exists = (developer: string, id: string, lock: Fragment) =>
    returnsRow(
      `${codec.table}.exists`,
      sql<Raw>`SELECT 1 FROM ${table} WHERE developer_id = ${developer} AND ${key} = ${id} ${lock}`
    )
  return {
    insert: (developer, row) =>
      failsAs(`${codec.table}.insert`)(dialect.insert(codec.table, { developer_id: developer, ...codec.encode(row) })),
    get: (developer, id) => get(developer, id, sql``),
    getForUpdate: (developer, id) => get(developer, id, dialect.lockRow),
    exists: (developer, id) => exists(developer, id, sql``),
    existsForShare: (developer, id) => exists(developer, id, dialect.lockParent),
    list: (developer, query) => filteredPage(sql, dialect, codec, [sql`developer_id = ${developer}`], query),
    update: (developer, row) =>
      run(
        `${codec.table}.update`,
        sql`UPDATE ${table} SET ${sql.update(codec.encode(row), [codec.key])}
          WHERE developer_id = ${developer} AND ${key} = ${row.id}`
      ),
    remove: (developer, id) =>
      Effect.map(
        failsAs(`${codec.table}.remove`)(
          dialect.removeCounted(codec.table, sql`developer_id = ${developer} AND ${key} = ${id}`)
        ),
        (removed) => removed > 0
      )
  }
}
