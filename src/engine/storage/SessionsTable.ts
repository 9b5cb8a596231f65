import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { SessionRow, Storage } from "../ports/Storage.js"
import * as Dialect from "./Dialect.js"
import { findable } from "./Metadata.js"
import { type Codec, number, object, plain, plainOrNull, type Raw, text, textOrNull, touched } from "./Rows.js"
import * as Table from "./Table.js"

const codec: Codec<SessionRow> = {
  table: "sessions",
  key: "session_id",
  columns: [
    "session_id",
    "agent_id",
    "user_id",
    "situation",
    "summary",
    "summarized_through",
    "render_templates",
    "metadata",
    "created_at",
    "updated_at"
  ],
  encode: (row) => ({
    session_id: row.id,
    agent_id: row.agent_id,
    user_id: row.user_id,
    situation: plain(row.situation),
    summary: plainOrNull(row.summary),
    summarized_through: row.summarized_through,
    render_templates: row.render_templates ? 1 : 0,
    metadata: JSON.stringify(row.metadata),
    findable: findable(row.metadata),
    created_at: row.created_at,
    updated_at: row.updated_at
  }),
  decode: (raw) => ({
    id: text(raw, "session_id"),
    agent_id: text(raw, "agent_id"),
    user_id: textOrNull(raw, "user_id"),
    situation: text(raw, "situation"),
    summary: textOrNull(raw, "summary"),
    summarized_through: textOrNull(raw, "summarized_through"),
    render_templates: number(raw, "render_templates") === 1,
    metadata: object(raw, "metadata"),
    created_at: number(raw, "created_at"),
    updated_at: number(raw, "updated_at")
  })
}

/** The table of sessions; their history is in `EntriesTable`. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return {
    ...Table.make(sql, yield* Dialect.make, codec),
    summarize: (developer: string, id: string, next: Parameters<Storage.Service["sessions"]["summarize"]>[2]) =>
      touched(
        "sessions.summarize",
        sql<Raw>`UPDATE sessions SET summary = ${plain(next.summary)}, summarized_through = ${next.through}
          WHERE developer_id = ${developer} AND session_id = ${id} AND summarized_through IS ${next.from}
            AND EXISTS (SELECT 1 FROM entries WHERE developer_id = ${developer} AND entry_id = ${next.through})
          RETURNING seq`
      )
  }
})
