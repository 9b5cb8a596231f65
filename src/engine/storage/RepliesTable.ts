import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { KeptReply, Storage } from "../ports/Storage.js"
import { number, type Raw, reader, text } from "./Columns.js"
import { run, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import { columnList } from "./Table.js"

const reply = reader<KeptReply>("replies", "key", {
  status: number("status"),
  body: text("body"),
  fingerprint: text("fingerprint"),
  created_at: number("created_at")
})

/** The table of the replies that are kept under idempotency keys. */
export const make: Effect.Effect<Storage.Service["replies"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => ({
    get: (developer, route, key) =>
      selectOne(
        "replies.get",
        reply,
        sql<Raw>`SELECT key, ${columnList(sql, reply)} FROM replies
          WHERE developer_id = ${developer} AND route = ${route} AND key = ${key}`
      ),
    put: (developer, route, key, kept, expired) => {
      const row = { developer_id: developer, route, key, ...kept }
      return sql
        .withTransaction(
          Effect.zipRight(
            sql`DELETE FROM replies WHERE developer_id = ${developer}
              AND (created_at <= ${expired} OR (route = ${route} AND key = ${key}))`,
            run("replies.put", sql`INSERT INTO replies ${sql.insert(row)}`)
          )
        )
        .pipe(failsAs("replies.put"))
    }
  })
)
