/** The replies that are kept under idempotency keys. The row of a key is claimed under a lease until it has the reply. */
import { randomUUID } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Claim, type KeptReply, LeaseLost, type Storage } from "../../ports/Storage.js"
import { number, type Raw, reader, text } from "../Columns.js"
import { Commits } from "../Commits.js"
import { indexable } from "../Digest.js"
import type { Restore } from "../Mutex.js"
import { selectMany } from "../Select.js"
import { failsAs } from "../SqlErrors.js"
import { columnList } from "../Table.js"
import * as Lease from "./Lease.js"
import * as Notifications from "./Notifications.js"

const LOST =
  "Another process took over the idempotency key, because this one did not renew its lease in time. No reply was stored; the " +
  "messages of a chat may be in the history. Send the request again with the same key."

const running: Claim = { _tag: "Running" }

/** How many expired replies a new one deletes. */
const EXPIRED = 100

const status = number("status")
const reply = reader<KeptReply>("replies", "key", {
  status,
  body: text("body"),
  fingerprint: text("fingerprint"),
  created_at: number("created_at")
})

/** A row of a key: `undefined` while its attempt runs. */
const rowReader = {
  ...reply,
  decode: (raw: Raw) => (raw["status"] === null ? undefined : reply.decode(raw))
}

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/

/** The id of the resource that a reply is of: the first of its route, else the one that the request has created. */
const resourceOf = (route: string, body: string): string | null => (ID.exec(route) ?? ID.exec(body))?.[0] ?? null

export const make: Effect.Effect<Storage.Service["replies"], never, SqlClient.SqlClient | Commits> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const { afterCommit } = yield* Commits
    const lease = yield* Lease.make
    /** The holders whose reply is stored. */
    const done = new Set<string>()
    const ofKey = (developer: string, route: string, key: string) =>
      sql`developer_id = ${developer} AND route = ${indexable(route)} AND key = ${indexable(key)}`

    /** Takes a key that has no reply, and no attempt that runs. */
    const take = (developer: string, route: string, key: string, expired: number, holder: string) =>
      Effect.flatMap(
        Clock.currentTimeMillis,
        (now) => sql`INSERT INTO replies AS r (developer_id, route, key, fingerprint, created_at, holder, until)
          VALUES (${developer}, ${indexable(route)}, ${indexable(key)}, '', ${now}, ${holder}, clock_timestamp() + ${lease.time})
          ON CONFLICT (developer_id, route, key) DO UPDATE SET status = NULL, body = NULL, resource_id = NULL,
            created_at = excluded.created_at, holder = excluded.holder, until = excluded.until
          WHERE CASE WHEN r.status IS NULL THEN r.until <= clock_timestamp() ELSE r.created_at <= ${expired} END
          RETURNING seq`
      )

    const claim = Effect.fnUntraced(function* (
      restore: Restore,
      developer: string,
      route: string,
      key: string,
      expired: number
    ) {
      const holder = randomUUID()
      const mine = sql`${ofKey(developer, route, key)} AND holder = ${holder} AND status IS NULL`
      const release = Effect.asVoid(sql`DELETE FROM replies WHERE ${mine}`)
      // An interrupted statement may have taken the key.
      const taken = yield* Effect.onInterrupt(restore(take(developer, route, key, expired, holder)), () =>
        Effect.ignore(release)
      )
      if (taken.length > 0) {
        yield* lease.keep({
          renew: Effect.map(
            sql`UPDATE replies SET until = clock_timestamp() + ${lease.time} WHERE ${mine} RETURNING seq`,
            (rows) => rows.length > 0
          ),
          release: Effect.suspend(() => (done.delete(holder) ? Effect.void : release))
        })
        return { _tag: "Claimed", holder } satisfies Claim
      }
      const rows = selectMany(
        "replies.claim",
        rowReader,
        sql<Raw>`SELECT ${columnList(sql, reply)} FROM replies WHERE ${ofKey(developer, route, key)}`
      )
      const [row] = yield* restore(rows)
      // Also where the attempt has ended without a reply since: the caller asks again.
      return row === undefined ? running : ({ _tag: "Kept", reply: row } satisfies Claim)
    })

    return {
      claim: (developer, route, key, expired) =>
        Effect.uninterruptibleMask((restore) => claim(restore, developer, route, key, expired)).pipe(
          failsAs("replies.claim")
        ),
      wait: () => Notifications.pollInterval,
      put: Effect.fnUntraced(function* (developer, route, key, holder, kept, expired) {
        const row = { resource_id: resourceOf(route, kept.body), holder: null, until: null, ...kept }
        const written = yield* sql`WITH expired AS (DELETE FROM replies WHERE (developer_id, seq) IN (
              SELECT developer_id, seq FROM replies WHERE created_at <= ${expired} AND status IS NOT NULL
              LIMIT ${sql.literal(String(EXPIRED))} FOR UPDATE SKIP LOCKED))
            UPDATE replies SET ${sql.update(row)} WHERE ${ofKey(developer, route, key)} AND holder = ${holder} RETURNING seq`
        if (written.length === 0) return yield* new LeaseLost({ message: LOST })
        yield* afterCommit(Effect.sync(() => void done.add(holder)))
      }, failsAs("replies.put"))
    }
  }
)
