/** What a store has that is no longer needed, of all developers. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Prunable, Storage } from "../ports/Storage.js"
import { Dialect } from "./Dialect.js"
import { failsAs } from "./SqlErrors.js"

/** How many sessions are looked through at once. */
const SLICE = 500

export const make: Effect.Effect<Storage.Service["cleanup"], never, SqlClient.SqlClient | Dialect> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const dialect = yield* Dialect
    const key = dialect.rowKey()

    const is = (kind: keyof Prunable, before: number) => {
      switch (kind) {
        case "replies":
          return sql`created_at <= ${before}`
        case "jobs":
          return sql`due_at IS NULL AND updated_at <= ${before}`
        case "memories":
          return sql`coalesce(last_accessed_at, created_at) < ${before}`
      }
    }

    const count = (kind: keyof Prunable, before: number | null) =>
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
        }).pipe(failsAs("cleanup.count")),
      remove: (kind, before, limit) =>
        failsAs("cleanup.remove")(
          dialect.removeCounted(
            kind,
            sql`(${key}) IN (SELECT ${key} FROM ${sql(kind)} WHERE ${is(kind, before)} LIMIT ${limit})`
          )
        ),
      sessions: (before, after) =>
        Effect.map(
          sql<{ readonly developer: string; readonly id: string; readonly unused: number }>`
          SELECT developer_id AS developer, session_id AS id,
            CASE WHEN updated_at < ${before} AND coalesce((SELECT e.created_at FROM entries e
              WHERE e.developer_id = s.developer_id AND e.session_id = s.session_id ORDER BY e.seq DESC LIMIT 1), 0)
              < ${before} THEN 1 ELSE 0 END AS unused
          FROM sessions s WHERE ${
            after === undefined ? sql`TRUE` : sql`(developer_id, session_id) > (${after.developer}, ${after.id})`
          } ORDER BY developer_id, session_id LIMIT ${SLICE}`,
          (rows) => ({
            found: rows.filter(({ unused }) => unused === 1),
            next: rows.length < SLICE ? undefined : rows.at(-1)
          })
        ).pipe(failsAs("cleanup.sessions")),
      compact: (whole) => failsAs("cleanup.compact")(dialect.compact(whole))
    }
  }
)
