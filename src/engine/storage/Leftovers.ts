/** What a store has that is no longer needed, of all developers. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Leftovers, Storage } from "../ports/Storage.js"
import { failsAs } from "./SqlErrors.js"
import * as Dialect from "./sqlite/Dialect.js"

/** How many sessions are looked through at once. */
const SLICE = 500

export const make: Effect.Effect<Storage.Service["leftovers"], never, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const dialect = yield* Dialect.make

  const is = (kind: keyof Leftovers, before: number) => {
    switch (kind) {
      case "replies":
        return sql`created_at <= ${before}`
      case "jobs":
        return sql`due_at IS NULL AND updated_at <= ${before}`
      case "memories":
        return sql`coalesce(last_accessed_at, created_at) < ${before}`
    }
  }

  const count = (kind: keyof Leftovers, before: number | null) =>
    before === null
      ? Effect.succeed(0)
      : Effect.map(
          sql<{ readonly number: number }>`SELECT count(*) AS number FROM ${sql(kind)} WHERE ${is(kind, before)}`,
          (rows) => rows[0]?.number ?? 0
        )

  return {
    count: ({ jobs, memories, replies }) =>
      Effect.all({
        replies: count("replies", replies),
        jobs: count("jobs", jobs),
        memories: count("memories", memories)
      }).pipe(failsAs("leftovers.count")),
    remove: (kind, before, limit) =>
      Effect.map(
        sql`DELETE FROM ${sql(kind)} WHERE seq IN (
          SELECT seq FROM ${sql(kind)} WHERE ${is(kind, before)} LIMIT ${limit}) RETURNING seq`,
        (rows) => rows.length
      ).pipe(failsAs("leftovers.remove")),
    sessions: (before, after) =>
      Effect.map(
        sql<{ readonly seq: number; readonly developer: string; readonly id: string; readonly unused: number }>`
          SELECT seq, developer_id AS developer, session_id AS id,
            updated_at < ${before} AND coalesce((SELECT e.created_at FROM entries e
              WHERE e.developer_id = s.developer_id AND e.session_id = s.session_id ORDER BY e.seq DESC LIMIT 1), 0)
              < ${before} AS unused
          FROM sessions s WHERE seq > ${after} ORDER BY seq LIMIT ${SLICE}`,
        (rows) => ({
          found: rows.filter(({ unused }) => unused === 1),
          next: rows.length < SLICE ? undefined : rows.at(-1)?.seq
        })
      ).pipe(failsAs("leftovers.sessions")),
    compact: (whole) =>
      Effect.all(
        [
          dialect.compact("passages_fts"),
          dialect.compact("recall_fts"),
          ...(whole ? [sql.unsafe("VACUUM")] : []),
          sql.unsafe("PRAGMA wal_checkpoint(TRUNCATE)")
        ],
        { discard: true }
      ).pipe(failsAs("leftovers.compact"))
  }
})
