/**
 * Finds texts whose bytes are not UTF-8. The driver ends the process when it reads one, and SQLite's own checks do not
 * report it. So all texts are read as bytes here.
 */
import { isUtf8 } from "node:buffer"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import type { DamagedText } from "../../ports/Inspection.js"
import type { StorageError } from "../../ports/Storage.js"
import { failsAs } from "../SqlErrors.js"

/** How many rows are read at once, between which others run. One may have a doc of several megabytes. */
const BATCH = 16

type Bytes = { readonly rowid: number } & { readonly [column: string]: unknown }

/** All texts of the database that are not UTF-8, in the order of tables and rows. Reads the whole file. */
export const damagedTexts: Effect.Effect<ReadonlyArray<DamagedText>, StorageError, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const damaged: Array<DamagedText> = []
    const columns = yield* sql<{ readonly table: string; readonly columns: string }>`
      SELECT t.name AS "table", json_group_array(c.name) AS columns
      FROM sqlite_schema t CROSS JOIN pragma_table_info(t.name) c
      WHERE t.type = 'table' AND c.type = 'TEXT' GROUP BY t.name`
    for (const { columns: names, table } of columns) {
      const texts: ReadonlyArray<string> = JSON.parse(names)
      const bytes = sql.csv(texts.map((name) => sql`CAST(${sql(name)} AS BLOB) AS ${sql(name)}`))
      let after: number | undefined
      do {
        // A row id may be negative.
        const behind = after === undefined ? sql`TRUE` : sql`rowid > ${after}`
        const rows = yield* sql<Bytes>`SELECT rowid AS rowid, ${bytes} FROM ${sql(table)}
          WHERE ${behind} ORDER BY rowid LIMIT ${BATCH}`
        for (const row of rows) {
          for (const column of texts) {
            const value = row[column]
            if (value instanceof Uint8Array && !isUtf8(value)) damaged.push({ table, column, rowid: row.rowid })
          }
        }
        after = rows.length < BATCH ? undefined : rows.at(-1)?.rowid
        yield* yieldToEventLoop
      } while (after !== undefined)
    }
    return damaged
  }
).pipe(failsAs("damage.texts"))
