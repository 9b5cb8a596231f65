import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Claim, KeptReply, Storage } from "../../ports/Storage.js"
import { number, type Raw, reader, text } from "../Columns.js"
import { selectOne } from "../Select.js"
import { failsAs } from "../SqlErrors.js"
import { columnList } from "../Table.js"

const reply = reader<KeptReply>("replies", "key", {
  status: number("status"),
  body: text("body"),
  fingerprint: text("fingerprint"),
  created_at: number("created_at")
})

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/

/** The id of the resource that a reply is of: the first of its route, else the one that the request has created. */
const resourceOf = (route: string, body: string): string | null => (ID.exec(route) ?? ID.exec(body))?.[0] ?? null

/** The file is locked to one process, which keeps its attempts apart. */
const claimed: Claim = { _tag: "Claimed", holder: "" }

/** The table of the replies that are kept under idempotency keys. */
export const make: Effect.Effect<Storage.Service["replies"], never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (sql) => ({
    claim: (developer, route, key, expired) =>
      Effect.map(
        selectOne(
          "replies.claim",
          reply,
          sql<Raw>`SELECT key, ${columnList(sql, reply)} FROM replies
            WHERE developer_id = ${developer} AND route = ${route} AND key = ${key} AND created_at > ${expired}`
        ),
        Option.match({ onNone: () => claimed, onSome: (reply): Claim => ({ _tag: "Kept", reply }) })
      ),
    wait: () => Effect.void,
    put: (developer, route, key, _holder, kept, expired) => {
      const row = { developer_id: developer, route, key, resource_id: resourceOf(route, kept.body), ...kept }
      return sql
        .withTransaction(
          Effect.all(
            [
              sql`DELETE FROM replies WHERE created_at <= ${expired}`,
              sql`DELETE FROM replies WHERE developer_id = ${developer} AND route = ${route} AND key = ${key}`,
              sql`INSERT INTO replies ${sql.insert(row)}`
            ],
            { discard: true }
          )
        )
        .pipe(failsAs("replies.put"))
    }
  })
)
