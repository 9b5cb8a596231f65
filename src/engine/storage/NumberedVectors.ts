/** The tables of vectors whose rows have the numbers of others: of turns, and of memories. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Fragment, Statement } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Cosines, Space, StorageError } from "../ports/Storage.js"
import { numbers, type Raw } from "./Columns.js"
import { selectMany } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import { type Dialect, hexOf } from "./sqlite/Dialect.js"

const PER_STATEMENT = 100

/** A cosine is read as a whole number, which is shorter as text. */
const PRECISION = 100_000

const [rowIds, cosines] = [numbers("row_ids"), numbers("cosines")]
const decoder = {
  table: "the vectors",
  key: "row_ids",
  decode: (raw: Raw): Cosines => ({
    rowIds: rowIds.read(raw),
    cosines: cosines.read(raw).map((cosine) => cosine / PRECISION)
  })
}

/** A vector for the row of a number, `null` for a text that has none. `id` is that of the row. */
interface Numbered {
  readonly rowId: number
  readonly id?: string
  readonly vector: Float32Array | null
}

/** The operations of such a table; `number` is its key. */
export const make = (sql: SqlClient.SqlClient, dialect: Dialect, table: string, number: string) => {
  const stored = dialect.storedVector("json_extract(v.value, '$[2]')")
  const key = sql.literal(number)
  return {
    /**
     * Writes vectors by a statement that inserts those of the rows that exist, of a JSON list `v` of row ids, ids and vectors.
     * Sets the vector space if the developer has none, and any vector was written.
     */
    put: (
      developer: string,
      space: Space,
      vectors: ReadonlyArray<Numbered>,
      insert: (list: string, vector: Fragment) => Statement<object>
    ): Effect.Effect<void, StorageError> => {
      const written = JSON.stringify(vectors.flatMap(({ rowId, vector }) => (vector === null ? [] : [rowId])))
      const rows = vectors.map(({ id = null, rowId, vector }) => [rowId, id, vector && hexOf(vector)])
      return Effect.forEach(Arr.chunksOf(rows, PER_STATEMENT), (chunk) => insert(JSON.stringify(chunk), stored)).pipe(
        Effect.zipRight(
          sql`INSERT INTO embedders (developer_id, name, dimensions)
            SELECT ${developer}, ${space.name}, ${space.dimensions} WHERE EXISTS (
              SELECT 1 FROM ${sql(table)} WHERE developer_id = ${developer}
                AND ${key} IN (SELECT value FROM json_each(${written})))
            ON CONFLICT (developer_id) DO NOTHING`
        ),
        sql.withTransaction,
        Effect.asVoid,
        failsAs(`${table}.put`)
      )
    },
    /**
     * The cosines of the rows that meet a condition. They are read as one row: for many, the native code
     * takes longer to build rows than to compare vectors.
     */
    similarities: (vector: Float32Array, condition: Fragment): Effect.Effect<Cosines, StorageError> =>
      Effect.map(
        selectMany(
          `${table}.similarities`,
          decoder,
          sql<Raw>`SELECT '[' || coalesce(group_concat(${key}), '') || ']' AS row_ids, '[' || coalesce(group_concat(
              CAST(round(${PRECISION} * coalesce(${dialect.similarity("vector", vector)}, 0)) AS INTEGER)), '') || ']' AS cosines
            FROM (SELECT ${key}, vector FROM ${sql(table)} WHERE ${condition} AND vector IS NOT NULL ORDER BY ${key})`
        ),
        ([found = { rowIds: [], cosines: [] }]) => found
      )
  }
}
