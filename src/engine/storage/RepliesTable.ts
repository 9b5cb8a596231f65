import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { KeptReply, Storage } from "../ports/Storage.js"
import { number, one, type Raw, run, text } from "./Columns.js"
import { failsAs } from "./Failure.js"

const codec = {
  table: "replies",
  key: "key",
  decode: (raw: Raw): KeptReply => ({
    status: number(raw, "status"),
    body: text(raw, "body"),
    fingerprint: text(raw, "fingerprint"),
    created_at: number(raw, "created_at")
  })
}

/** The table of the answers that are kept under idempotency keys. */
export const make: Effect.Effect<Storage.Service["replies"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => ({
    get: (developer, route, key) =>
      one(
        "replies.get",
        codec,
        sql<Raw>`SELECT key, status, body, fingerprint, created_at FROM replies
          WHERE developer_id = ${developer} AND route = ${route} AND key = ${key}`
      ),
    put: (developer, route, key, reply, expired) => {
      const row = { developer_id: developer, route, key, ...reply }
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
