import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Participants, SessionRow, Storage } from "../ports/Storage.js"
import * as AgentsTable from "./AgentsTable.js"
import { boolean, id, nullable, number, object, objects, plain, type Raw, table, text } from "./Columns.js"
import { Dialect } from "./Dialect.js"
import * as EntryRows from "./EntryRows.js"
import { metadataPairs } from "./MetadataFilter.js"
import { returnsRow, selectOne } from "./Select.js"
import { failsAs } from "./SqlErrors.js"
import * as Table from "./Table.js"
import * as ToolsTable from "./ToolsTable.js"
import * as UsersTable from "./UsersTable.js"

/** The columns of sessions. */
export const codec = table<SessionRow>(
  "sessions",
  {
    id: id("session_id"),
    agent_id: id("agent_id"),
    user_id: nullable(id("user_id")),
    situation: text("situation"),
    summary: nullable(text("summary")),
    summarized_through: nullable(id("summarized_through")),
    history_epoch: number("history_epoch"),
    nonce: text("nonce"),
    render_templates: boolean("render_templates"),
    metadata: object("metadata"),
    created_at: number("created_at"),
    updated_at: number("updated_at")
  },
  ({ metadata }) => ({ metadata_pairs: metadataPairs(metadata) })
)

const session = object("session")
const agent = object("agent")
const user = nullable(object("user"))
const tools = objects("tools")
const newer = objects("newer")
const hasDocs = boolean("has_docs")
const rowId = nullable(number("turn"))
const entries = { columns: [...EntryRows.codec.columns, ...rowId.names] }

const participantsReader = {
  table: "sessions",
  key: "session_id",
  decode: (raw: Raw): Participants => {
    const userRow = user.read(raw)
    return {
      session: codec.decode(session.read(raw)),
      agent: AgentsTable.codec.decode(agent.read(raw)),
      user: userRow === null ? undefined : UsersTable.codec.decode(userRow),
      tools: tools.read(raw).map(ToolsTable.codec.decode),
      newer: newer.read(raw).map((row) => ({ rowId: rowId.read(row), entry: EntryRows.codec.decode(row) })),
      hasDocs: hasDocs.read(raw)
    }
  }
}

/** Reads the participants of sessions, and the messages of each from a known one on: see the port. */
export const participants = Effect.map(
  Effect.all([SqlClient.SqlClient, Dialect]),
  ([sql, { jsonList, jsonObject }]) => {
    const entry = jsonList(jsonObject("e", entries))
    const columns = sql`s.session_id, ${jsonObject("s", codec)} AS session, ${jsonObject("a", AgentsTable.codec)} AS agent,
            CASE WHEN u.seq IS NOT NULL THEN ${jsonObject("u", UsersTable.codec)} END AS user,
            (SELECT ${jsonList(jsonObject("t", ToolsTable.codec))} FROM (
              SELECT * FROM tools WHERE developer_id = s.developer_id AND agent_id = s.agent_id ORDER BY seq) t) AS tools,
            CASE WHEN EXISTS (SELECT 1 FROM docs WHERE developer_id = s.developer_id AND agent_id = s.agent_id)
              OR EXISTS (SELECT 1 FROM docs WHERE developer_id = s.developer_id AND user_id = s.user_id)
              THEN 1 ELSE 0 END AS has_docs`
    const none = sql`'[]'`
    /** The messages of the session `s` from one of them on. */
    const from = (developer: string, id: string) =>
      sql`(SELECT ${entry} FROM (
      SELECT * FROM entries WHERE developer_id = s.developer_id AND session_id = s.session_id AND seq >= (
        SELECT seq FROM entries WHERE developer_id = ${developer} AND entry_id = ${id}) ORDER BY seq) e)`
    return {
      statement: (developer: string, id: string, known?: string) =>
        sql<Raw>`SELECT ${columns}, ${known === undefined ? none : from(developer, known)} AS newer
          FROM sessions s JOIN agents a ON a.developer_id = s.developer_id AND a.agent_id = s.agent_id
          LEFT JOIN users u ON u.developer_id = s.developer_id AND u.user_id = s.user_id
          WHERE s.developer_id = ${developer} AND s.session_id = ${id}`,
      read: (rows: Effect.Effect<ReadonlyArray<Raw>, SqlError>) =>
        selectOne("sessions.participants", participantsReader, rows)
    }
  }
)

/** The table of sessions. Their history is in `EntriesTable`. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const dialect = yield* Dialect
  const { idsIn, lockRow } = dialect
  const { read, statement } = yield* participants
  return {
    ...Table.make(sql, dialect, codec),
    participants: (developer: string, id: string, known?: string) => read(statement(developer, id, known)),
    summarize: (developer: string, id: string, next: Parameters<Storage.Service["sessions"]["summarize"]>[2]) =>
      returnsRow(
        "sessions.summarize",
        sql<Raw>`UPDATE sessions SET summary = ${next.summary === null ? null : plain(next.summary)}, summarized_through = ${next.through}
          WHERE developer_id = ${developer} AND session_id = ${id} AND summarized_through IS NOT DISTINCT FROM ${next.from}
            AND EXISTS (SELECT 1 FROM entries WHERE developer_id = ${developer} AND entry_id = ${next.through})
          RETURNING seq`
      ),
    dropSummaries: (developer: string, agent_id: string, memory_id: string) => {
      const sources = sql`memories m JOIN ${idsIn("m.source_message_ids", "source")} ON TRUE
            JOIN entries e ON e.developer_id = m.developer_id AND e.entry_id = source.value`
      const ofMemory = sql`m.developer_id = ${developer} AND m.agent_id = ${agent_id} AND m.memory_id = ${memory_id}`
      // A summary that is being written covers more when it is committed: the next statement sees what.
      const locked = sql`SELECT seq FROM sessions WHERE developer_id = ${developer} AND session_id IN (
          SELECT e.session_id FROM ${sources} WHERE ${ofMemory})
        ORDER BY seq ${lockRow}`
      const dropped = sql<{ readonly session_id: string }>`UPDATE sessions SET summary = NULL
        WHERE developer_id = ${developer} AND session_id IN (
          SELECT s.session_id FROM ${sources}
            JOIN sessions s ON s.developer_id = e.developer_id AND s.session_id = e.session_id
            JOIN entries newest ON newest.developer_id = s.developer_id AND newest.entry_id = s.summarized_through
          WHERE ${ofMemory} AND e.seq <= newest.seq)
        RETURNING session_id`
      return Effect.zipRight(locked, dropped).pipe(
        failsAs("sessions.dropSummaries"),
        Effect.map((rows) => rows.map(({ session_id }) => session_id))
      )
    }
  }
})
