import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Storage, SuggestionRow } from "../ports/Storage.js"
import { columnOf, id, number, type Raw, table, text, typed } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import { indexable } from "./Digest.js"
import { normalizedText } from "./MemoriesTable.js"
import { returnsRow } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import { page } from "./Table.js"

const target = columnOf<SuggestionRow["target"]>(
  (value) => value,
  typed((value): value is SuggestionRow["target"] => value === "user" || value === "agent", "user or agent")
)

export const codec = table<SuggestionRow>(
  "suggestions",
  {
    id: id("suggestion_id"),
    session_id: id("session_id"),
    message_id: id("message_id"),
    target: target("target"),
    content: text("content"),
    created_at: number("created_at")
  },
  ({ content }) => ({ dedup_key: indexable(normalizedText(content)) })
)

/** The table of suggestions. */
export const make: Effect.Effect<Storage.Service["suggestions"], never, SqlClient.SqlClient | Dialect> = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, { rowKey }]) => {
    const key = rowKey()
    const ofSession = (developer: string, session_id: string) =>
      sql`developer_id = ${developer} AND session_id = ${session_id}`
    return {
      fallDue: (developer, { message_id, session_id }, turns) =>
        returnsRow(
          "suggestions.fallDue",
          sql<Raw>`UPDATE sessions SET suggested_through = ${message_id} WHERE ${ofSession(developer, session_id)}
            AND (SELECT count(*) FROM (
              SELECT 1 FROM entries e WHERE e.developer_id = sessions.developer_id AND e.session_id = sessions.session_id
                AND e.from_model = 1 AND e.role = 'assistant' AND e.aborted = 0
                AND e.seq > coalesce((SELECT seq FROM entries WHERE developer_id = sessions.developer_id
                  AND entry_id = sessions.suggested_through), 0)
              LIMIT ${turns}) replies) >= ${turns} RETURNING seq`
        ),
      add: Effect.fnUntraced(
        function* (developer, { message_id, session_id }, rows, most) {
          const exists = yield* returnsRow(
            "suggestions.add",
            sql<Raw>`SELECT seq FROM entries WHERE ${ofSession(developer, session_id)} AND entry_id = ${message_id}`
          )
          if (!exists) return false
          // The list is the newest first, so the best of them is written last.
          for (const row of rows.toReversed()) {
            yield* sql`INSERT INTO suggestions ${sql.insert({ developer_id: developer, ...codec.encode(row) })}
              ON CONFLICT (developer_id, session_id, dedup_key) DO NOTHING`
          }
          yield* sql`DELETE FROM suggestions WHERE (${key}) IN (
            SELECT ${key} FROM suggestions WHERE ${ofSession(developer, session_id)}
              ORDER BY seq DESC LIMIT ${Number.MAX_SAFE_INTEGER} OFFSET ${most})`
          return true
        },
        sql.withTransaction,
        failsAs("suggestions.add")
      ),
      list: (developer, session_id, query) =>
        page(sql, codec, [ofSession(developer, session_id)], { ...query, order: "desc", sort_by: "seq" })
    }
  }
)
