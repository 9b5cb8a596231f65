import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { Participants, SessionRow, Storage } from "../ports/Storage.js"
import * as AgentsTable from "./AgentsTable.js"
import {
  type Codec,
  number,
  object,
  objects,
  one,
  plain,
  plainOrNull,
  type Raw,
  text,
  textOrNull,
  touched
} from "./Columns.js"
import { findable } from "./Metadata.js"
import * as Dialect from "./sqlite/Dialect.js"
import * as Table from "./Table.js"
import * as ToolsTable from "./ToolsTable.js"
import * as UsersTable from "./UsersTable.js"

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
    "history_epoch",
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
    history_epoch: row.history_epoch,
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
    history_epoch: number(raw, "history_epoch"),
    render_templates: number(raw, "render_templates") === 1,
    metadata: object(raw, "metadata"),
    created_at: number(raw, "created_at"),
    updated_at: number(raw, "updated_at")
  })
}

const participantsCodec = {
  table: "sessions",
  key: "session_id",
  decode: (raw: Raw): Participants => ({
    session: codec.decode(object(raw, "session")),
    agent: AgentsTable.codec.decode(object(raw, "agent")),
    user: raw["user"] === null ? undefined : UsersTable.codec.decode(object(raw, "user")),
    tools: objects(raw, "tools").map(ToolsTable.codec.decode)
  })
}

/** The table of sessions; their history is in `EntriesTable`. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const json = (table: string, { columns }: { readonly columns: ReadonlyArray<string> }) =>
    Table.jsonRow(sql, table, columns)
  return {
    ...Table.make(sql, yield* Dialect.make, codec),
    participants: (developer: string, id: string) =>
      one(
        "sessions.participants",
        participantsCodec,
        sql<Raw>`SELECT s.session_id, ${json("s", codec)} AS session, ${json("a", AgentsTable.codec)} AS agent,
            iif(u.seq IS NULL, NULL, ${json("u", UsersTable.codec)}) AS user,
            (SELECT json_group_array(${json("t", ToolsTable.codec)}) FROM (
              SELECT * FROM tools WHERE developer_id = s.developer_id AND agent_id = s.agent_id ORDER BY seq) t) AS tools
          FROM sessions s JOIN agents a ON a.developer_id = s.developer_id AND a.agent_id = s.agent_id
          LEFT JOIN users u ON u.developer_id = s.developer_id AND u.user_id = s.user_id
          WHERE s.developer_id = ${developer} AND s.session_id = ${id}`
      ),
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
