import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { ApiKeyRow, Storage } from "../ports/Storage.js"
import { id, nullable, number, type Raw, table, text } from "./Columns.js"
import { returnsRow, run, selectMany, selectOne } from "./Select.js"
import { columnList } from "./Table.js"

const codec = table<ApiKeyRow>("keys", {
  id: id("key_id"),
  hash: text("hash"),
  developer_id: id("developer_id"),
  name: text("name"),
  created_at: number("created_at"),
  used_at: nullable(number("used_at")),
  expires_at: nullable(number("expires_at")),
  revoked_at: nullable(number("revoked_at"))
})

/** The table of the keys of a server. */
export const make: Effect.Effect<Storage.Service["keys"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => {
    const all = columnList(sql, codec)
    return {
      insert: (row) => run("keys.insert", sql`INSERT INTO keys ${sql.insert(codec.encode(row))}`),
      byHash: (hash) => selectOne("keys.byHash", codec, sql<Raw>`SELECT ${all} FROM keys WHERE hash = ${hash}`),
      list: selectMany("keys.list", codec, sql<Raw>`SELECT ${all} FROM keys ORDER BY seq DESC`),
      use: (id, at) => run("keys.use", sql`UPDATE keys SET used_at = ${at} WHERE key_id = ${id}`),
      revoke: (id, at) =>
        returnsRow(
          "keys.revoke",
          sql<Raw>`UPDATE keys SET revoked_at = ${at} WHERE key_id = ${id} AND revoked_at IS NULL RETURNING seq`
        )
    }
  }
)
